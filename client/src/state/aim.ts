/** The message that the open conversation is to show, and that its address names. Pure. */
import { shownOf } from '../sync/timelines.ts';
import type { Timeline } from '../sync/model.ts';

/** Another object is another aim, also at the same message. */
export interface Aim {
  readonly threadId: string;
  readonly messageId: string;
  /**
   * `reached`: it is among the messages that are shown; `missing`: the conversation does not have it; `failed`: it could
   * not be loaded although the connection is up.
   */
  readonly state: 'wanted' | 'loading' | 'reached' | 'missing' | 'failed';
}

/** A new aim. */
export const aimAt = (threadId: string, messageId: string): Aim => ({ threadId, messageId, state: 'wanted' });

/** Whether the aim is still on its way, so that what is shown is not what the person wants to see. */
export const isUnderWay = (aim: Aim | null): boolean => aim?.state === 'wanted' || aim?.state === 'loading';

/**
 * The aim as it is with what is shown now: reached, or wanted again after everything was loaded anew. Of a conversation
 * that is not loaded nothing is known.
 */
export function aimNow(aim: Aim, timeline: Timeline | undefined): Aim {
  if (timeline?.state !== 'ready') return aim.state === 'reached' ? { ...aim, state: 'wanted' } : aim;
  const isShown = shownOf(timeline).messages.some(({ id }) => id === aim.messageId);
  if (isShown) return aim.state === 'reached' ? aim : { ...aim, state: 'reached' };
  return aim.state === 'reached' ? { ...aim, state: 'wanted' } : aim;
}
