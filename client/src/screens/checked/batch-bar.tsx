/** How far the latest batch is, and what has become of it. */
import { useState, type ReactNode } from 'react';
import { actions, useApp } from '../../state/app.ts';
import { progressOf, type Batch } from '../../sync/batch.ts';
import type { Entry } from '../../sync/outbox.ts';
import { Icon } from '../../components/icons.tsx';
import { useFocusKept } from './focus-list.ts';
import { outcomeOf } from './outcome.ts';
import { RefusedDialog } from './refused-dialog.tsx';

interface PartProps {
  readonly batch: Batch;
  readonly refused: readonly Entry[];
}

function Running({ batch, refused }: PartProps): ReactNode {
  const isReady = useApp((state) => state.machine.isReady);
  const { label, size } = batch;
  const handled = batch.done + batch.erased + refused.length;
  return (
    <div className="batch-bar" data-testid="batch-running">
      <span>
        {label}: {handled} of {size}
        {isReady ? null : '. It goes on when the connection is back.'}
      </span>
      <progress value={handled} max={size} aria-label={label} />
    </div>
  );
}

function Outcome({ batch, refused }: PartProps): ReactNode {
  const bar = useFocusKept();
  const [isListing, setListing] = useState(false);
  return (
    <div ref={bar} className="batch-bar" data-level={refused.length === 0 ? 'good' : 'bad'} data-testid="batch-outcome">
      <span>{outcomeOf(batch, refused)}</span>
      {refused.length === 0 ? null : (
        <button
          type="button"
          className="link"
          data-testid="batch-which"
          onClick={() => {
            setListing(true);
          }}
        >
          Show which
        </button>
      )}
      <button
        type="button"
        className="icon-button"
        aria-label="Close"
        title={refused.length === 0 ? 'Close' : 'Close; what was refused stays as it is'}
        data-testid="batch-close"
        onClick={actions.closeBatch}
      >
        <Icon name="close" size={14} />
      </button>
      {isListing ? (
        <RefusedDialog
          refused={refused}
          onClose={() => {
            setListing(false);
          }}
        />
      ) : null}
    </div>
  );
}

/** Absent before the first batch, and when its outcome was closed. The start and the outcome are announced. */
export function BatchBar(): ReactNode {
  const batch = useApp((state) => state.batch);
  const outbox = useApp((state) => state.outbox);
  const progress = batch === null ? null : { batch, ...progressOf(batch, outbox) };
  const Part = progress?.isRunning === true ? Running : Outcome;
  return (
    <>
      <div className="hidden" role="status">
        {progress === null ? '' : wordsOf(progress)}
      </div>
      {progress === null ? null : <Part batch={progress.batch} refused={progress.refused} />}
    </>
  );
}

function wordsOf({ batch, refused, isRunning }: PartProps & { readonly isRunning: boolean }): string {
  return isRunning ? `${batch.label}: begun` : outcomeOf(batch, refused);
}
