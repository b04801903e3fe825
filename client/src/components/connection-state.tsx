/** Shows whether the screen is up to date. */
import type { ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { asksPerson } from '../sync/outbox.ts';
import { timeOf } from './format.ts';

/** `live`, `catching up`, `connecting`, or `offline since hh:mm`. */
export function ConnectionState(): ReactNode {
  const phase = useApp((state) => state.machine.phase);
  const since = useApp((state) => state.machine.since);
  const words = {
    idle: 'connecting',
    connecting: 'connecting',
    'catching-up': 'catching up',
    live: 'live',
    offline: `offline since ${since === null ? 'now' : timeOf(since)}`,
  }[phase];
  return (
    <span className="connection" data-testid="connection-state" data-phase={phase} role="status" aria-live="polite">
      <span className="connection-dot" />
      {words}
    </span>
  );
}

/** The bar at the top while the connection is lost or another window has it. */
export function ConnectionBar(): ReactNode {
  const phase = useApp((state) => state.machine.phase);
  const standDown = useApp((state) => state.standDown);
  const waiting = useApp((state) => state.outbox.filter((entry) => !asksPerson(entry)).length);
  if (phase !== 'offline') return null;
  const sends = waiting === 0 ? '' : ` ${String(waiting)} unsent ${waiting === 1 ? 'change' : 'changes'} will follow.`;
  return (
    <div className="bar" data-level="warn">
      {standDown === null
        ? `No connection. What you see may be old; new messages appear when it is back.${sends}`
        : 'This inbox is open in another window, which now has the connection.'}
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.reconnect();
        }}
      >
        {standDown === null ? 'Try now' : 'Use it here'}
      </button>
    </div>
  );
}

/**
 * The bar at the top while the server has not accepted or answered some commands for too long although it was
 * reachable.
 */
export function HeldBar(): ReactNode {
  const held = useApp((state) => state.outbox.filter((entry) => entry.state === 'held').length);
  if (held === 0) return null;
  return (
    <div className="bar" data-level="warn" role="alert" data-testid="held-bar">
      {held === 1 ? 'A change is' : `${String(held)} changes are`} not confirmed yet: the server has not taken{' '}
      {held === 1 ? 'it' : 'them'} for a while. Nothing is lost, and nothing is done twice.
      <button
        type="button"
        className="link"
        data-testid="held-again"
        onClick={() => {
          actions.retryHeld();
        }}
      >
        Try again
      </button>
    </div>
  );
}
