/** What the customer's phone shows for a message of the business. */
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

/** One line of text, and the file if there is one. `prepared` is the message in the carrier's own format. */
export interface Shown {
  readonly kind: SimKind;
  readonly text: string;
  readonly file?: SimFile;
  readonly prepared?: Loose;
}

/** Why a carrier refuses a content. */
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

/** The line for a message: the sign of its kind, then its words. */
export function lineOf(kind: SimKind, words: readonly (string | null)[]): string {
  return [SIGNS[kind] ?? null, ...words].filter((part) => part !== null && part !== '').join(' ');
}
