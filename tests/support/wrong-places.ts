/** Wrong inputs for commands that read a conversation, at a place or where words are. */
import type { CommandName } from '../../src/contract/commands.ts';
import type { Own } from './surfaces.ts';

type PlaceCommand = Extract<CommandName, 'thread:get' | 'thread:messages' | 'thread:search' | 'thread:find-texts'>;

const POSITION = '1760000000001-1760000000000-0-0';

/** `word` must not be in any answer. */
export function wrongPlaces(
  word: string,
  { threadId, messageId }: Pick<Own, 'threadId' | 'messageId'>,
): Readonly<Record<PlaceCommand, readonly unknown[]>> {
  return {
    'thread:get': [{}, { threadId: word }],
    'thread:messages': [
      {},
      { threadId: word },
      { threadId: [threadId] },
      { threadId, before: word },
      { threadId, after: word },
      { threadId, around: word },
      { threadId, around: messageId, before: POSITION },
    ],
    'thread:search': [
      { threadId },
      { threadId, q: '  ' },
      { threadId, q: `${word}${'x'.repeat(200)}` },
      { threadId, q: word, before: word },
      { threadId: word, q: word },
    ],
    'thread:find-texts': [
      { threadIds: [threadId] },
      { threadIds: [], q: word },
      { threadIds: [word], q: word },
      { threadIds: Array(51).fill(threadId), q: word },
    ],
  };
}
