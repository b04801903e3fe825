/** What of a text is shown where it was found. */
import type { TextHit } from '../../contract/text-hits.ts';

/** Around each word that was found, in what Postgres answers. No text that is searched contains them. */
export const MARKS = { begins: '\u0001', ends: '\u0002' } as const;

const FOUND = new RegExp(`${MARKS.begins}([^${MARKS.ends}]*)${MARKS.ends}`);
const BREAKS = /\s+/g;

/** A part of a text with its words marked, as parts on one line; `…` where it is not the text's beginning. */
export function snippetOf(text: string, headline: string): TextHit['snippet'] {
  const line = headline.replace(BREAKS, ' ');
  const plain = line.replaceAll(MARKS.begins, '').replaceAll(MARKS.ends, '').trim();
  const isCut = !text.replace(BREAKS, ' ').trim().startsWith(plain);
  // Split by a group, what was found is at the odd places.
  const parts = line.split(FOUND).map((part, index) => ({ text: part, isFound: index % 2 === 1 }));
  return [...(isCut ? [{ text: '…', isFound: false }] : []), ...parts].filter((part) => part.text !== '');
}
