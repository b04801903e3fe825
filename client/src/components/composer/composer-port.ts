/** How the keyboard shortcuts and the timeline reach the open composer, without knowing it. */

/** What an open composer offers. */
export interface ComposerPort {
  readonly focus: (mode: 'reply' | 'note') => void;
  /** Puts text back to be edited; what is there already stays in front of it. */
  readonly restore: (mode: 'reply' | 'note', text: string) => void;
}

/** The composer on screen, or null. */
export const composerPort: { current: ComposerPort | null } = { current: null };
