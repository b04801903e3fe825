/** Mentions of colleagues in a note: an @ followed by the displayed name. Pure. */
import type { Member } from '../../../../src/contract/entities.ts';

/** A name being typed: the position of its @, and the text from there to the cursor. */
export interface Typed {
  readonly start: number;
  readonly query: string;
}

/** More characters than this after an @ are not a name. */
const MAX_NAME = 60;
const BEFORE_CURSOR = new RegExp(`(?<![\\p{L}\\p{N}])@([^@\\n]{0,${String(MAX_NAME)}})$`, 'u');
const NAME_BEGINS = /(?<![\p{L}\p{N}])@/gu;

/** The name being typed at the cursor; null when there is none. The @ of an e-mail address does not start a name. */
export function typedAt(text: string, cursor: number): Typed | null {
  const match = BEFORE_CURSOR.exec(text.slice(0, cursor));
  return match === null ? null : { start: match.index, query: match[1] ?? '' };
}

/**
 * Whether a note can mention this member. The server rejects notes that mention somebody who cannot see conversations.
 */
export function canBeNamed({ role }: Member): boolean {
  return role !== 'super_admin';
}

/** Members whose name, or a later word of it, begins with what was typed; sorted by name. */
export function matching(members: readonly Member[], query: string): readonly Member[] {
  const wanted = query.toLocaleLowerCase();
  const fits = ({ displayName }: Member): boolean => ` ${displayName.toLocaleLowerCase()}`.includes(` ${wanted}`);
  return members.filter(fits).sort((a, b) => a.displayName.localeCompare(b.displayName));
}

/** The text with the full name inserted, and the cursor position after it. */
export function withName(
  text: string,
  { start, query }: Typed,
  name: string,
): { readonly text: string; readonly cursor: number } {
  const rest = text.slice(start + 1 + query.length);
  const before = `${text.slice(0, start)}@${name}${rest.startsWith(' ') ? '' : ' '}`;
  return { text: before + rest, cursor: before.length + (rest.startsWith(' ') ? 1 : 0) };
}

/** Characters that would continue a word. */
const IN_WORD = /^[\p{L}\p{M}\p{N}]/u;
/** Scripts without spaces between words: there, a name can be followed directly by another word. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]\p{M}*$/u;

/** Whether the name at the start of `rest` ends there and is not just the beginning of a longer word. */
function isWhole(name: string, rest: string): boolean {
  const after = rest.slice(name.length);
  return UNSPACED.test(name) ? !/^\p{M}/u.test(after) : !IN_WORD.test(after);
}

/**
 * Ids of the members whose full name follows an @ in the text. If one name begins with another, the longest match
 * counts.
 */
export function namedIn(text: string, members: readonly Member[]): readonly string[] {
  const nameable = members.filter(canBeNamed);
  const longestFirst = nameable.map(({ displayName }) => displayName).sort((a, b) => b.length - a.length);
  const named = Array.from(text.matchAll(NAME_BEGINS), ({ index }) => {
    const rest = text.slice(index + 1);
    return longestFirst.find((name) => rest.startsWith(name) && isWhole(name, rest));
  });
  return nameable.filter(({ displayName }) => named.includes(displayName)).map(({ id }) => id);
}
