/** What of a message is drawn, as every carrier's parser makes it. */
import type { Loose } from '../lib/loose.ts';
import type { InboundMedia, MessageEvent } from './inbound.ts';

/** The drawable part of a message. */
export interface Content {
  readonly type: MessageEvent['type'];
  readonly text: string | null;
  readonly media: InboundMedia | null;
  readonly content: Loose;
}

/** Longest text that is kept, UTF-16 units: far more than WhatsApp lets anybody write. */
export const MAX_TEXT = 65_536;

/** Content without a file. */
export function plain(type: Content['type'], text: string | null, content: Loose = {}): Content {
  return { type, text, media: null, content };
}
