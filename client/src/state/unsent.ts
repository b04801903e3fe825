/** Finds what a person did or wrote that has not reached the server. */
import type { AppState } from './store.ts';

/** Whether anything is still waiting to reach the server. Rejected commands do not count. */
export function hasUnsent({ outbox, uploads }: AppState): boolean {
  return outbox.some((entry) => entry.state !== 'rejected') || uploads.length > 0;
}

/** Texts of a conversation that have not reached the server: those of pending or rejected commands, and the drafts. */
export function unsentTexts({ outbox, drafts }: AppState, threadId: string): readonly string[] {
  const entries = outbox.filter((entry) => entry.threadId === threadId);
  const written = entries.map(({ input }) => input['text']).filter((text) => typeof text === 'string');
  const { reply = '', note = '' } = drafts[threadId] ?? {};
  return [...written, reply, note].filter((text) => text.trim() !== '');
}
