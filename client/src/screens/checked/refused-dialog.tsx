/** Which conversations of a batch were refused, and why. */
import type { ReactNode } from 'react';
import { actions, useApp } from '../../state/app.ts';
import { conflictingThread } from '../../sync/conflict.ts';
import type { Entry } from '../../sync/outbox.ts';
import { Dialog } from '../../components/dialog.tsx';
import { reasonOf, wereRefused } from './outcome.ts';

interface RefusedProps {
  readonly entry: Entry;
  readonly onOpen: () => void;
}

/** A conversation that is out of view now is not named. */
function Refused({ entry, onOpen }: RefusedProps): ReactNode {
  const name = useApp((state) => state.machine.inbox.threads.get(entry.threadId)?.contact.displayName);
  const holder = useApp(({ machine }) => {
    const assigneeId = entry.error === null ? null : conflictingThread(entry.error)?.assigneeId;
    return assigneeId == null ? undefined : machine.inbox.members.get(assigneeId)?.displayName;
  });
  return (
    <li data-testid="batch-refused">
      {name === undefined ? (
        <span>A conversation that you no longer see</span>
      ) : (
        <button type="button" className="link" onClick={onOpen}>
          {name}
        </button>
      )}
      <span className="faint">{holder === undefined ? reasonOf(entry) : `${holder} has it now.`}</span>
    </li>
  );
}

interface RefusedDialogProps {
  readonly refused: readonly Entry[];
  readonly onClose: () => void;
}

/** Opens each; there the person is asked whether to do it anyway. */
export function RefusedDialog({ refused, onClose }: RefusedDialogProps): ReactNode {
  return (
    <Dialog title={wereRefused(refused.length)} testId="batch-refusals" onClose={onClose}>
      <ul className="refused-list">
        {refused.map((entry) => (
          <Refused
            key={entry.commandId}
            entry={entry}
            onOpen={() => {
              actions.select(entry.threadId);
              onClose();
            }}
          />
        ))}
      </ul>
    </Dialog>
  );
}
