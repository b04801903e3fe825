/** Who wrote a message, in words. */
import type { Message } from '../../../src/contract/message.ts';
import { useApp } from '../state/app.ts';
import type { AppState } from '../state/store.ts';

type AuthorType = Message['author']['type'];

const NAMES: Readonly<Record<AuthorType, (state: AppState, message: Message) => string>> = {
  contact: ({ machine }, { author, threadId }) =>
    author.name ?? machine.inbox.threads.get(threadId)?.contact.displayName ?? '',
  member: ({ machine }, { author }) =>
    author.id === machine.inbox.me
      ? 'You'
      : (machine.inbox.members.get(author.id ?? '')?.displayName ?? 'Former colleague'),
  phone: () => 'From the phone',
  system: () => 'Automatic',
};

/** The person's name; the contact's own for a message of theirs. */
function authorName(state: AppState, message: Message): string {
  return NAMES[message.author.type](state, message);
}

/** `authorName`, kept current. */
export function useAuthorName(message: Message): string {
  return useApp((state) => authorName(state, message));
}
