/** What a conversation says that was searched for: when, by whom, and the words marked. */
import type { ReactNode } from 'react';
import type { TextHit } from '../../../src/contract/text-hits.ts';
import { serverNow } from '../clock.ts';
import { useAuthorName } from './author.ts';
import { fullTime, listTime } from './format.ts';

/** Before the first word that was found so many characters are shown: a row has little room. */
const LEAD_CHARS = 12;

type Parts = TextHit['snippet'];

/** The end of a text, from a word on. */
function endOf(text: string): string {
  const letters = Array.from(text);
  if (letters.length <= LEAD_CHARS) return text;
  const end = letters.slice(-LEAD_CHARS).join('');
  return `… ${end.slice(end.indexOf(' ') + 1)}`;
}

/** With no more before the first word than fits. */
function shortened(parts: Parts): Parts {
  const at = parts.findIndex(({ isFound }) => isFound);
  if (at <= 0) return parts;
  const lead = parts
    .slice(0, at)
    .map(({ text }) => text)
    .join('');
  return [{ text: endOf(lead), isFound: false }, ...parts.slice(at)];
}

/** One line. */
export function FoundText({ hit }: { readonly hit: TextHit }): ReactNode {
  const author = useAuthorName(hit);
  return (
    <span className="row-found" dir="ltr" data-testid="row-found">
      <time className="row-found-when" dateTime={hit.sentAt} title={fullTime(hit.sentAt)}>
        {listTime(hit.sentAt, serverNow())}
      </time>
      {hit.author.type === 'contact' && hit.author.name == null ? null : (
        <span className="row-found-by">{`${author}: `}</span>
      )}
      <bdi>
        {shortened(hit.snippet).map(({ text, isFound }, index) =>
          isFound ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
        )}
      </bdi>
    </span>
  );
}
