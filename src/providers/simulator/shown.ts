/** What a phone shows of a message of the business. */
import type { Loose } from '../../lib/loose.ts';
import type { SimFile } from './uploads.ts';

/** Kinds of message in a chat. */
export type SimKind =
  | 'text'
  | 'image'
  | 'video'
  | 'audio'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contacts'
  | 'interactive'
  | 'poll'
  | 'template';

/** One line of text, and the file where there is one. `prepared`: the message as the carrier words it. */
export interface Shown {
  readonly kind: SimKind;
  readonly text: string;
  readonly file?: SimFile;
  readonly prepared?: Loose;
}

/** What a carrier refuses a content for. */
export interface Problem {
  readonly code: number;
  readonly problem: string;
}

const SIGNS: Readonly<Partial<Record<SimKind, string>>> = {
  video: '🎬',
  audio: '🎤',
  document: '📄',
  sticker: '🏷️',
  location: '📍',
  contacts: '👤',
  interactive: '🔘',
  poll: '📊',
};

/** The line for a kind: its sign, and the words that came with it. */
export function lineOf(kind: SimKind, words: readonly (string | null)[]): string {
  return [SIGNS[kind] ?? null, ...words].filter((part) => part !== null && part !== '').join(' ');
}
