/** Tabs to choose between a reply to the customer and a note for the team. */
import type { ReactNode } from 'react';
import { Icon } from '../icons.tsx';

/** Who the text is for: the customer or the team. */
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
