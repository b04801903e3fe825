/** Starting a conversation: nothing is known of its thread before the server has answered. */
import type { CommandInput } from '../../../src/contract/commands.ts';
import type { Thread } from '../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { AccountId } from '../../../src/contract/ids.ts';
import type { Store } from '../state/store.ts';
import { mergeThreads } from './apply-event.ts';
import type { SendContent } from './content.ts';
import type { Feed } from './feed.ts';

/** Whom to write to, and from which number. */
export interface Recipient {
  readonly accountId: string;
  /** E.164. */
  readonly to: string;
}

/** The outcome; `lost`: no answer, so it is unknown whether it was done. */
export type Begun =
  | { readonly type: 'begun'; readonly threadId: string }
  | { readonly type: 'refused'; readonly error: ErrorBody }
  | { readonly type: 'lost' };

/** What screens may do. */
export interface ConversationActions {
  /** Sends the first message. The same `commandId` again is the same intent. */
  readonly beginConversation: (commandId: string, recipient: Recipient, content: SendContent) => Promise<Begun>;
  /** The existing conversation with a recipient; null when there is none, or there was no answer. */
  readonly findConversation: (recipient: Recipient) => Promise<Thread | null>;
  /** Conversations that the server finds by name, number or text; null when there was no answer. */
  readonly findThreads: (query: string) => Promise<readonly Thread[] | null>;
}

const digitsOf = (text: string): string => text.replace(/\D/g, '');

function isWith({ contact, accountId }: Thread, recipient: Recipient): boolean {
  const digits = digitsOf(recipient.to);
  if (accountId !== recipient.accountId) return false;
  return [contact.phone ?? '', ...contact.addresses.map(({ value }) => value)].some(
    (text) => digitsOf(text) === digits,
  );
}

/** Builds the actions over the store and the feed. */
export function makeConversationActions(store: Store, feed: Feed): ConversationActions {
  /** What is found is known from then on, and follows the events. */
  const find = async (input: CommandInput<'thread:list'>): Promise<readonly Thread[] | null> => {
    const { generation, inbox: before } = store.get().machine;
    const answer = await feed.ask('thread:list', input);
    if (answer?.ok !== true || store.get().machine.generation !== generation) return null;
    const found = answer.data.items;
    store.update((state) => {
      const inbox = mergeThreads(state.machine.inbox, found, before.cursor?.seq ?? 0);
      return { ...state, machine: { ...state.machine, inbox } };
    });
    return found;
  };
  return {
    beginConversation: async (commandId, { accountId, to }, content) => {
      const input = { commandId, accountId, to, ...content } as unknown as CommandInput<'message:send'>;
      const answer = await feed.ask('message:send', input);
      if (answer === null) return { type: 'lost' };
      return answer.ok
        ? { type: 'begun', threadId: answer.data.message.threadId }
        : { type: 'refused', error: answer.error };
    },
    findConversation: async (recipient) => {
      const filter = { q: digitsOf(recipient.to), accountId: recipient.accountId as AccountId };
      return (await find({ ...filter, limit: 20 }))?.find((thread) => isWith(thread, recipient)) ?? null;
    },
    findThreads: (query) => find({ q: query, limit: 50 }),
  };
}
