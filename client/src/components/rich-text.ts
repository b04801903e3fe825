/**
 * Parses WhatsApp formatting into a small tree: *bold*, _italic_, ~struck~, ```code```, `code`, and links. As on the
 * phone, marks must touch their text, stand at word edges and not span lines. Pure; nothing is ever interpreted as HTML. A
 * marked run has at most 501 characters, so that the time stays proportional to the length of the text, whatever a
 * customer writes.
 */

/** A piece of text, a link, or a marked run of pieces. */
export type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'link'; readonly text: string; readonly href: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'bold' | 'italic' | 'struck'; readonly pieces: readonly Piece[] };

const MARKS = { '*': 'bold', _: 'italic', '~': 'struck' } as const;
const TOKEN =
  /```(?<code>[\s\S]+?)```|(?<url>https?:\/\/[^\s<>"']+)|(?<![\p{L}\p{N}])(?<mark>[*_~`])(?=\S)(?<inner>[^\n]{0,500}?\S)\k<mark>(?![\p{L}\p{N}])/u;
/** One to three emoji and nothing else. Browsers take very long to prepare `\p{RGI_Emoji}`, so it is spelled out. */
const FEW_EMOJI =
  /^\s*(?:(?:\p{RI}{2}|[\d#*]\ufe0f\u20e3|\p{ExtPict}(?:\p{EMod}|\ufe0f)?[\u{e0020}-\u{e007f}]*(?:\u200d\p{ExtPict}(?:\p{EMod}|\ufe0f)?)*)\s*){1,3}$/u;
/** Marks can be nested; below this depth they are shown as plain text. */
const MAX_DEPTH = 4;
const TRAILING = '.,;:!?)]';

/** Where the link ends and the punctuation of the sentence begins. */
function endOfLink(url: string): number {
  let end = url.length;
  while (end > 0 && TRAILING.includes(url.charAt(end - 1))) end -= 1;
  return end;
}

function pieceOf(groups: Readonly<Record<string, string | undefined>>, depth: number): readonly Piece[] {
  const { code, url, mark, inner } = groups as {
    code?: string;
    url?: string;
    mark?: keyof typeof MARKS | '`';
    inner?: string;
  };
  if (code !== undefined) return [{ type: 'code', text: code }];
  if (url !== undefined) {
    const href = url.slice(0, endOfLink(url));
    const trailing = url.slice(href.length);
    const link: Piece = { type: 'link', text: href, href };
    return trailing === '' ? [link] : [link, { type: 'text', text: trailing }];
  }
  if (mark === undefined || inner === undefined) return [];
  if (mark === '`') return [{ type: 'code', text: inner }];
  return [{ type: MARKS[mark], pieces: parseRichText(inner, depth + 1) }];
}

/** Splits a message's text into pieces. */
export function parseRichText(text: string, depth = 0): readonly Piece[] {
  const pieces: Piece[] = [];
  let rest = text;
  while (rest !== '') {
    const match = depth > MAX_DEPTH ? null : TOKEN.exec(rest);
    if (match?.groups === undefined) {
      pieces.push({ type: 'text', text: rest });
      break;
    }
    if (match.index > 0) pieces.push({ type: 'text', text: rest.slice(0, match.index) });
    pieces.push(...pieceOf(match.groups, depth));
    rest = rest.slice(match.index + match[0].length);
  }
  return pieces;
}

const wordsOf = (piece: Piece): string => ('text' in piece ? piece.text : piece.pieces.map(wordsOf).join(''));

/** Whether a text is drawn large, as the phone draws a few emoji that stand alone. */
export function isFewEmoji(text: string): boolean {
  return FEW_EMOJI.test(text);
}

/** The text without its marks, for places that show plain text. */
export function plainText(text: string): string {
  return parseRichText(text).map(wordsOf).join('');
}
