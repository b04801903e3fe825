/** The display name of a message's author. */
import type { Message } from '../../../src/contract/message.ts';
import { useApp } from '../state/app.ts';
import type { AppState } from '../state/store.ts';

type AuthorType = Message['author']['type'];
/** Whatever somebody wrote. */
type Written = Pick<Message, 'author' | 'threadId'>;

const NAMES: Readonly<Record<AuthorType, (state: AppState, message: Written) => string>> = {
  contact: ({ machine }, { author, threadId }) =>
    author.name ?? machine.inbox.threads.get(threadId)?.contact.displayName ?? '',
  member: ({ machine }, { author }) =>
    author.id === machine.inbox.me
      ? 'You'
      : (machine.inbox.members.get(author.id ?? '')?.displayName ?? 'Former colleague'),
  phone: () => 'From the phone',
  system: () => 'Automatic',
};

/** The author's name; for a contact, the name in the message if there is one. */
function authorName(state: AppState, message: Written): string {
  return NAMES[message.author.type](state, message);
}

/** Like `authorName`, but follows changes. */
export function useAuthorName(message: Written): string {
  return useApp((state) => authorName(state, message));
}
