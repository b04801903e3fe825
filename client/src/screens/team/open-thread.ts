/** From a screen beside the inbox into a conversation. */
import { actions } from '../../state/app.ts';

/** The list beside it stays as it was left. */
export function openThread(threadId: string): void {
  actions.goTo('inbox');
  actions.select(threadId);
}
