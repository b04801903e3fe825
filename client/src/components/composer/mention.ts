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

/** Ids of those whom a text names; of two names that begin alike, the longer one is meant where it stands. */
export function namedIn(text: string, members: readonly Member[]): readonly string[] {
  const nameable = members.filter(canBeNamed);
  const names = [...new Set(nameable.map(({ displayName }) => displayName))].sort((a, b) => b.length - a.length);
  let rest = text;
  return names.flatMap((name) => {
    if (!rest.includes(`@${name}`)) return [];
    rest = rest.replaceAll(`@${name}`, '\n');
    return nameable.filter(({ displayName }) => displayName === name).map(({ id }) => id);
  });
}
