/** Wrong inputs for commands about contacts, and about what was erased with them. */
import type { CommandName } from '../../src/contract/commands.ts';

type ContactCommand = Extract<CommandName, `contact:${string}` | 'thread:find-erased'>;

/** `word` must not be in any answer; `strangerId` is an id, but of no contact. */
export function wrongContacts(word: string, strangerId: string): Readonly<Record<ContactCommand, readonly unknown[]>> {
  return {
    'contact:merge': [
      {},
      { contactId: word, intoContactId: word },
      { contactId: strangerId, intoContactId: strangerId },
    ],
    'contact:unmerge': [{}, { mergeId: word }],
    'contact:export': [
      {},
      { contactId: word },
      { contactId: strangerId, after: word },
      { contactId: strangerId, limit: 0 },
    ],
    'contact:erase': [
      {},
      { contactId: strangerId },
      { contactId: word, confirm: word },
      { contactId: strangerId, confirm: '' },
    ],
    'thread:find-erased': [{}, { threadIds: [] }, { threadIds: [word] }, { threadIds: Array(1001).fill(strangerId) }],
  };
}
