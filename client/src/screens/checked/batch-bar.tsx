/** How far each batch is, and what has become of it. */
import { useState, type ReactNode } from 'react';
import { actions, useApp } from '../../state/app.ts';
import { progressOf, type Batch, type Progress } from '../../sync/batch.ts';
import { Icon } from '../../components/icons.tsx';
import { useFocusKept } from './focus-list.ts';
import { outcomeOf } from './outcome.ts';
import { RefusedDialog } from './refused-dialog.tsx';

interface PartProps extends Progress {
  readonly batch: Batch;
}

/** What has left already goes on; the focus stays in the list. */
function Stop({ batch }: { readonly batch: Batch }): ReactNode {
  const place = useFocusKept();
  return (
    <div ref={place}>
      <button
        type="button"
        className="link"
        aria-label={`Stop: ${batch.label}`}
        title="What has not begun is not done"
        data-testid="batch-stop"
        onClick={() => {
          actions.stopBatch(batch);
        }}
      >
        Stop
      </button>
    </div>
  );
}

function Running({ batch, refused, mayStop }: PartProps): ReactNode {
  const isReady = useApp((state) => state.machine.isReady);
  const { label, size, stopped } = batch;
  const handled = batch.done + batch.erased + refused.length;
  return (
    <div className="batch-bar" data-testid="batch-running">
      <span>
        {label}: {handled} of {size}
        {stopped === 0 ? null : `, ${String(stopped)} not begun`}
        {isReady ? null : '. It goes on when the connection is back.'}
      </span>
      {mayStop ? <Stop batch={batch} /> : null}
      <progress value={handled} max={size - stopped} aria-label={label} />
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
        onClick={() => {
          actions.closeBatch(batch);
        }}
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
export function BatchBars(): ReactNode {
  const batches = useApp((state) => state.batches);
  const outbox = useApp((state) => state.outbox);
  const parts = batches.map((batch) => ({ batch, ...progressOf(batch, outbox) }));
  return (
    <>
      <div className="hidden" role="status">
        {parts.map(wordsOf).join(' ')}
      </div>
      {parts.map((part) => {
        const Part = part.isRunning ? Running : Outcome;
        return <Part key={part.batch.id} {...part} />;
      })}
    </>
  );
}

function wordsOf({ batch, refused, isRunning }: PartProps): string {
  return isRunning ? `${batch.label}: begun.` : outcomeOf(batch, refused);
}
