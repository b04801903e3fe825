/**
 * Says that a conversation was not resolved or snoozed although the person has gone on to another one. In the
 * conversation itself its own bar says so (refusals.tsx); those of a batch are named in its outcome.
 */
import type { ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { shownScreen } from '../state/role.ts';
import { isOutdated } from '../sync/conflict.ts';
import type { Entry } from '../sync/outbox.ts';

/** One at a time, the oldest first. */
export function NotPutAwayBar(): ReactNode {
  const entry = useApp((state) => {
    const open = shownScreen(state) === 'inbox' ? state.ui.selectedId : null;
    const isNamed = ({ batchId }: Entry): boolean => state.batches.some(({ id }) => id === batchId);
    return state.outbox.find((one) => isOutdated(one) && !isNamed(one) && one.threadId !== open);
  });
  const name = useApp((state) => state.machine.inbox.threads.get(entry?.threadId ?? '')?.contact.displayName);
  if (entry === undefined) return null;
  return (
    <div className="bar" data-level="warn" role="alert" data-testid="not-put-away">
      {name ?? 'A conversation'} was not {entry.input['status'] === 'resolved' ? 'resolved' : 'snoozed'}: the customer
      has written since.
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.select(entry.threadId);
        }}
      >
        Open
      </button>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.dismiss(entry.commandId);
        }}
      >
        Leave it open
      </button>
    </div>
  );
}
