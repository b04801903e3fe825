/** Reply to the customer, or a note for the team. */
import type { ReactNode } from 'react';
import { Icon } from '../icons.tsx';

/** Whom the text is for. */
export type Mode = 'reply' | 'note';

/** The two tabs. */
export function ComposerTabs({
  mode,
  onMode,
}: {
  readonly mode: Mode;
  readonly onMode: (mode: Mode) => void;
}): ReactNode {
  return (
    <div className="composer-tabs" role="tablist" aria-label="What to write">
      <button
        type="button"
        role="tab"
        aria-selected={mode === 'reply'}
        onClick={() => {
          onMode('reply');
        }}
      >
        Reply
      </button>
      <button
        type="button"
        role="tab"
        aria-selected={mode === 'note'}
        data-testid="note-toggle"
        onClick={() => {
          onMode(mode === 'note' ? 'reply' : 'note');
        }}
      >
        <Icon name="lock" size={14} />
        Internal note
      </button>
    </div>
  );
}
