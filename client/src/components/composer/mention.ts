/** Naming colleagues in a note: an @ and their name as it is shown. Pure. */
import type { Member } from '../../../../src/contract/entities.ts';

/** A name that is being typed: where its @ stands, and what follows up to the cursor. */
export interface Typed {
  readonly start: number;
  readonly query: string;
}

/** A longer stretch after an @ is no name. */
const MAX_NAME = 60;
const BEFORE_CURSOR = new RegExp(`(?<![\\p{L}\\p{N}])@([^@\\n]{0,${String(MAX_NAME)}})$`, 'u');
const NAME_BEGINS = /(?<![\p{L}\p{N}])@/gu;

/** The name that is being typed at the cursor; null when none is. An address's @ begins none. */
export function typedAt(text: string, cursor: number): Typed | null {
  const match = BEFORE_CURSOR.exec(text.slice(0, cursor));
  return match === null ? null : { start: match.index, query: match[1] ?? '' };
}

/** Whom a note can name: the server refuses a note that names somebody who may see no conversation. */
export function canBeNamed({ role }: Member): boolean {
  return role !== 'super_admin';
}

/** Those whose name, or a later part of it, begins with what was typed; by name. */
export function matching(members: readonly Member[], query: string): readonly Member[] {
  const wanted = query.toLocaleLowerCase();
  const fits = ({ displayName }: Member): boolean => ` ${displayName.toLocaleLowerCase()}`.includes(` ${wanted}`);
  return members.filter(fits).sort((a, b) => a.displayName.localeCompare(b.displayName));
}

/** The text with the whole name, and where the cursor stands after it. */
export function withName(
  text: string,
  { start, query }: Typed,
  name: string,
): { readonly text: string; readonly cursor: number } {
  const rest = text.slice(start + 1 + query.length);
  const before = `${text.slice(0, start)}@${name}${rest.startsWith(' ') ? '' : ' '}`;
  return { text: before + rest, cursor: before.length + (rest.startsWith(' ') ? 1 : 0) };
}

/** What would go on with a word. */
const IN_WORD = /^[\p{L}\p{M}\p{N}]/u;
/** Scripts that leave no space between words: there a name ends wherever it ends. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]\p{M}*$/u;

/** Whether a text that begins with a name goes on with something else than the same word. */
function isWhole(name: string, rest: string): boolean {
  const after = rest.slice(name.length);
  return UNSPACED.test(name) ? !/^\p{M}/u.test(after) : !IN_WORD.test(after);
}

/** Ids of those whom a text names by the whole name; of two names that begin alike, the longer one where it stands. */
export function namedIn(text: string, members: readonly Member[]): readonly string[] {
  const nameable = members.filter(canBeNamed);
  const longestFirst = nameable.map(({ displayName }) => displayName).sort((a, b) => b.length - a.length);
  const named = Array.from(text.matchAll(NAME_BEGINS), ({ index }) => {
    const rest = text.slice(index + 1);
    return longestFirst.find((name) => rest.startsWith(name) && isWhole(name, rest));
  });
  return nameable.filter(({ displayName }) => named.includes(displayName)).map(({ id }) => id);
}
