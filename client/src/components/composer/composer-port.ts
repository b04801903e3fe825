/** Lets the keyboard shortcuts and the timeline reach the open composer without depending on it. */

/** What an open composer offers. */
export interface ComposerPort {
  readonly focus: (mode: 'reply' | 'note') => void;
  /** Puts text back for editing, after what is already in the field. */
  readonly restore: (mode: 'reply' | 'note', text: string) => void;
}

/** The composer on screen, or null. */
export const composerPort: { current: ComposerPort | null } = { current: null };
