/** Wrong inputs for commands about the team's members and saved replies. */
import type { CommandName } from '../../src/contract/commands.ts';

type TeamCommand = Extract<CommandName, `member:${string}` | `saved-reply:${string}`>;

/** `word` must not be in any answer; `strangerId` is an id, but of nothing of these. */
export function wrongOfTheTeam(word: string, strangerId: string): Readonly<Record<TeamCommand, readonly unknown[]>> {
  const savedReplyId = strangerId;
  const texts = ['', ' \n', 'x'.repeat(4097), 'Hi {{customer.nmae}}', 'Hi {{}}', 7];
  const shortcuts = ['', ' ', 'two words', '/slash', 'a.b', '\u0301', 'x'.repeat(41), '\u202ehello', null];
  return {
    'member:list': [],
    'member:add': [
      ...[{ email: word }, { role: 'super_admin' }, { password: 'short' }],
      ...[' ', '\u200b', '\u202eadele', 'a\u0085b'].map((displayName) => ({ displayName })),
    ].map((wrong) => ({ email: `${word}@people.example`, displayName: 'x', role: 'agent', ...wrong })),
    'member:set-role': [{}, { memberId: word, role: 'agent' }, { memberId: strangerId, role: 'super_admin' }],
    'member:reset-password': [{}, { memberId: word }],
    'member:remove': [{}, { memberId: word }],
    'saved-reply:list': [],
    'saved-reply:create': [
      ...[{}, { shortcut: 'a' }, { text: 'a' }],
      ...texts.map((text) => ({ shortcut: 'a', text })),
      ...shortcuts.map((shortcut) => ({ shortcut, text: word })),
    ],
    'saved-reply:update': [
      ...[{}, { savedReplyId: word, text: 'a' }, { savedReplyId, expectedVersion: 0 }],
      ...texts.map((text) => ({ savedReplyId, text })),
      ...shortcuts.map((shortcut) => ({ savedReplyId, shortcut })),
    ],
    'saved-reply:remove': [{}, { savedReplyId: word }, { savedReplyId, expectedVersion: 'first' }],
  };
}
