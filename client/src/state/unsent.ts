/** What a person did or wrote and the server has not got. */
import type { AppState } from './store.ts';

/** Whether something waits that the server has not got yet. */
export function hasUnsent({ outbox, uploads }: AppState): boolean {
  return outbox.some((entry) => entry.state !== 'rejected') || uploads.length > 0;
}

/** What somebody wrote in a conversation and the server has not got: refused or waiting, and the drafts. */
export function unsentTexts({ outbox, drafts }: AppState, threadId: string): readonly string[] {
  const entries = outbox.filter((entry) => entry.threadId === threadId);
  const written = entries.map(({ input }) => input['text']).filter((text) => typeof text === 'string');
  const { reply = '', note = '' } = drafts[threadId] ?? {};
  return [...written, reply, note].filter((text) => text.trim() !== '');
}
