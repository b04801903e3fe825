/** Lets the keyboard shortcuts and the timeline reach the open composer without depending on it. */
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import type { Filling } from './saved-reply.ts';

/** What an open composer offers. */
export interface ComposerPort {
  readonly focus: (mode: 'reply' | 'note') => void;
  /** Puts text back for editing, after what is already in the field. */
  readonly restore: (mode: 'reply' | 'note', text: string) => void;
  /** Inserts a saved reply after what is already written, and attaches its files. */
  readonly insert: (reply: SavedReply, filling: Filling) => void;
}

/** The composer on screen, or null. */
export const composerPort: { current: ComposerPort | null } = { current: null };
