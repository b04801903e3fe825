/**
 * What is happening right now, for managers and administrators: what waits, who is here, and who has how much to do.
 * Every part follows the events.
 */
import type { ReactNode } from 'react';
import { actions, sameItems, useApp } from '../../state/app.ts';
import { isAdmin } from '../../state/role.ts';
import { troubledNumbers } from '../../state/team.ts';
import { asksPerson } from '../../sync/outbox.ts';
import { ConnectionState } from '../../components/connection-state.tsx';
import { Refusals } from '../../components/refusals.tsx';
import { ListSkeleton } from '../../components/skeletons.tsx';
import { STATES } from '../numbers/provider-words.ts';
import { Colleagues } from './colleagues.tsx';
import { NUMBERS_ID, Tiles } from './tiles.tsx';
import { WaitingLongest } from './waiting.tsx';

/** Assignments that failed, shown here because the row may be gone. */
function Refused(): ReactNode {
  const ids = useApp(
    ({ outbox }) => [
      ...new Set(
        outbox.filter((entry) => entry.name === 'thread:assign' && asksPerson(entry)).map(({ threadId }) => threadId),
      ),
    ],
    sameItems,
  );
  const threads = useApp((state) => state.machine.inbox.threads);
  return ids.map((id) => (
    <div key={id} className="team-refusal">
      <strong>{threads.get(id)?.contact.displayName ?? 'A conversation'}</strong>
      <Refusals threadId={id} />
    </div>
  ));
}

function TroubledNumbers(): ReactNode {
  const numbers = useApp(troubledNumbers, sameItems);
  const canMend = useApp(isAdmin);
  if (numbers.length === 0) return null;
  return (
    <section className="team-card" aria-labelledby={NUMBERS_ID}>
      <header className="team-card-head">
        <h2 id={NUMBERS_ID} tabIndex={-1}>
          Numbers not connected
        </h2>
        {canMend ? (
          <button
            type="button"
            className="link"
            onClick={() => {
              actions.goTo('numbers');
            }}
          >
            See to it
          </button>
        ) : null}
      </header>
      <ul className="team-numbers">
        {numbers.map(({ id, name, state, stateReason }) => (
          <li key={id}>
            <strong>{name}</strong>
            <span className="number-state chip" data-state={state}>
              {STATES[state]}
            </span>
            {stateReason === null ? null : <span className="faint">{stateReason}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Replaces the list, conversation and details. */
export function TeamScreen(): ReactNode {
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  return (
    <main className="team" data-testid="team">
      <header className="team-head">
        <h1>Team</h1>
        <ConnectionState />
      </header>
      {isLoaded ? (
        <>
          <Tiles />
          <Refused />
          <TroubledNumbers />
          <div className="team-columns">
            <WaitingLongest />
            <Colleagues />
          </div>
        </>
      ) : (
        <ListSkeleton />
      )}
    </main>
  );
}
