/** Saved replies: found by what is typed after a slash, and filled in with names. Pure. */
import type { Contact } from '../../../../src/contract/entities.ts';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { isPlaceholder, PLACEHOLDER, type Placeholder } from '../../../../src/contract/saved-reply-text.ts';
import { normal } from '../../state/selectors.ts';

/** More characters than this after the slash are a message that begins with one. */
const MAX_QUERY = 60;
const SLASHED = new RegExp(`^/((?:[^\\s/][^\\n]{0,${String(MAX_QUERY - 1)}})?)$`, 'u');

/** What a saved reply is searched by; null unless a slash and one line are all that has been written. */
export function typedAfterSlash(text: string): string | null {
  return SLASHED.exec(text)?.[1] ?? null;
}

/** 0: the shortcut begins with what is wanted; 1: it contains it; 2: the text or the name of a file does; 3: neither. */
function rankOf({ shortcut, text, files }: SavedReply, wanted: string): number {
  const name = normal(shortcut);
  if (name.startsWith(wanted)) return 0;
  if (name.includes(wanted)) return 1;
  return [text, ...files.map(({ filename }) => filename)].some((words) => normal(words).includes(wanted)) ? 2 : 3;
}

/** Those whose shortcut, text or file names contain what was typed: the best shortcuts first, then by shortcut. */
export function matchingReplies(replies: Iterable<SavedReply>, query: string): readonly SavedReply[] {
  const wanted = normal(query.trim());
  return Array.from(replies, (reply) => ({ reply, rank: rankOf(reply, wanted) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank || a.reply.shortcut.localeCompare(b.reply.shortcut))
    .map(({ reply }) => reply);
}

/** What stands in for each placeholder; empty where nothing is known. */
export type Filling = Readonly<Record<Placeholder, string>>;

const NUMBER_LIKE = /^[\d\s()+./-]*$/;

/** The name to greet a customer by; empty for a group, and for somebody who is known by their number alone. */
export function greetedAs({ displayName, addresses }: Contact): string {
  const isGroup = addresses.some(({ type }) => type === 'group');
  return isGroup || NUMBER_LIKE.test(displayName) ? '' : displayName;
}

/** What has been written so far, and the rest, joined without the space that the missing word would leave. */
function closeGap(before: string, rest: string): readonly [string, string] {
  const begins = /(^|[ \n])$/.test(before);
  if (begins && rest.startsWith(' ')) return [before, rest.slice(1)];
  return [/^[\p{L}\p{N}{]/u.test(rest) ? before : before.replace(/ $/, ''), rest];
}

/** The text with its placeholders replaced. */
export function filled(text: string, filling: Filling): string {
  let [done, rest] = ['', text];
  for (;;) {
    const match = new RegExp(PLACEHOLDER.source).exec(rest);
    if (match === null) return done + rest;
    const [written, name = ''] = match;
    const known = name.trim();
    const value = isPlaceholder(known) ? filling[known] : written;
    done += rest.slice(0, match.index) + value;
    rest = rest.slice(match.index + written.length);
    if (value === '') [done, rest] = closeGap(done, rest);
  }
}
