/** Draws a message's text. */
import { memo, type ReactNode } from 'react';
import { isFewEmoji, parseRichText, type Piece } from './rich-text.ts';

const TAGS = { bold: 'strong', italic: 'em', struck: 's' } as const;

function draw(piece: Piece, key: number): ReactNode {
  if (piece.type === 'text') return piece.text;
  if (piece.type === 'code') return <code key={key}>{piece.text}</code>;
  if (piece.type === 'link') {
    return (
      <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
        {piece.text}
      </a>
    );
  }
  const Tag = TAGS[piece.type];
  return <Tag key={key}>{piece.pieces.map(draw)}</Tag>;
}

/** Text with WhatsApp formatting and links. */
export const RichText = memo(function RichText({ text }: { readonly text: string }): ReactNode {
  return (
    <div className="rich-text" data-large={isFewEmoji(text)}>
      {parseRichText(text).map(draw)}
    </div>
  );
});
