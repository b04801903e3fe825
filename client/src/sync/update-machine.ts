/**
 * What to do with everything the socket says, as a pure step function.
 *
 * | phase         | meaning                                             | leaves by                              |
 * | ------------- | --------------------------------------------------- | -------------------------------------- |
 * | `idle`        | nobody is logged in                                 | `connecting`                           |
 * | `connecting`  | first connection is being made                      | `handshake`, `lost`                    |
 * | `catching-up` | connected: replay or snapshot under way             | `ready` + nothing missing → `live`     |
 * | `live`        | every commit reaches us                             | `resync` → `catching-up`, `lost`       |
 * | `offline`     | connection lost, what is shown may be old           | `handshake`                            |
 *
 * While a snapshot is wanted or under way, frames are kept; afterwards those above the snapshot's cursor are applied.
 */
import type { CommandResult } from '../../../src/contract/commands.ts';
import type { EventsFrame, ResyncReason } from '../../../src/contract/events.ts';
import { applyFrame, fromSnapshot } from './apply-event.ts';
import { EMPTY_INBOX, type InboxState } from './model.ts';

/** See the table above. */
type Phase = 'idle' | 'connecting' | 'catching-up' | 'live' | 'offline';

/** The state of the feed. `since` is when the connection was lost, in local milliseconds. */
export interface Machine {
  readonly phase: Phase;
  readonly since: number | null;
  readonly me: string | null;
  readonly isReady: boolean;
  /** `none` needed; `wanted` as soon as the server is ready; `asked` and not answered. */
  readonly snapshot: 'none' | 'wanted' | 'asked';
  readonly buffer: readonly EventsFrame[];
  readonly inbox: InboxState;
  /**
   * The snapshot came from a release that knows no saved replies, which also withholds their events: resuming from its
   * cursor at a newer one would never show them.
   */
  readonly isPartial: boolean;
  /** Rises with every snapshot taken in, so that screens know to load their parts again. */
  readonly generation: number;
}

/** Everything that can happen to the feed. */
export type Input =
  | { readonly type: 'connect' }
  | { readonly type: 'handshake' }
  | { readonly type: 'ready'; readonly memberId: string }
  | { readonly type: 'frame'; readonly frame: EventsFrame }
  | { readonly type: 'resync'; readonly reason: ResyncReason }
  | { readonly type: 'snapshot'; readonly result: CommandResult<'inbox:snapshot'> }
  | { readonly type: 'snapshot-failed' }
  | { readonly type: 'lost'; readonly at: number }
  | { readonly type: 'logout' };

/** The next state; `askSnapshot` tells the caller to send `inbox:snapshot` now. */
export interface Step {
  readonly machine: Machine;
  readonly askSnapshot: boolean;
}

/** More frames than this while waiting for a snapshot: drop them and take another snapshot afterwards. */
export const MAX_BUFFERED_FRAMES = 2000;

export const INITIAL_MACHINE: Machine = {
  phase: 'idle',
  since: null,
  me: null,
  isReady: false,
  snapshot: 'wanted',
  buffer: [],
  inbox: EMPTY_INBOX,
  isPartial: false,
  generation: 0,
};

/** Asks for the snapshot if one is wanted and the server can answer; else goes live if nothing is missing. */
function proceed(machine: Machine): Step {
  if (machine.isReady && machine.snapshot === 'wanted') {
    return { machine: { ...machine, phase: 'catching-up', snapshot: 'asked' }, askSnapshot: true };
  }
  if (machine.isReady && machine.snapshot === 'none') {
    return { machine: { ...machine, phase: 'live', since: null }, askSnapshot: false };
  }
  return { machine, askSnapshot: false };
}

const stay = (machine: Machine): Step => ({ machine, askSnapshot: false });

function takeFrame(machine: Machine, frame: EventsFrame): Step {
  if (machine.snapshot !== 'none') {
    const isFull = machine.buffer.length >= MAX_BUFFERED_FRAMES;
    return stay({ ...machine, buffer: isFull ? [] : [...machine.buffer, frame] });
  }
  const result = applyFrame(machine.inbox, frame);
  if (result.kind === 'applied') return stay({ ...machine, inbox: result.state });
  return proceed({ ...machine, phase: 'catching-up', snapshot: 'wanted', buffer: [frame] });
}

function takeSnapshot(before: Machine, result: CommandResult<'inbox:snapshot'>): Step {
  if (before.snapshot !== 'asked') return stay(before);
  const machine = { ...before, isPartial: result.savedReplies === undefined };
  let inbox = fromSnapshot(result, machine.me);
  const generation = machine.generation + 1;
  for (const [index, frame] of machine.buffer.entries()) {
    const applied = applyFrame(inbox, frame);
    if (applied.kind === 'resync') {
      // Keeping only what comes after the gap, so that the next snapshot covers it.
      return proceed({ ...machine, inbox, generation, snapshot: 'wanted', buffer: machine.buffer.slice(index + 1) });
    }
    inbox = applied.state;
  }
  return proceed({ ...machine, inbox, generation, snapshot: 'none', buffer: [] });
}

function takeResync(machine: Machine, reason: ResyncReason): Step {
  // What we may no longer see must disappear at once; otherwise the old state stays until the new one has arrived.
  const inbox = reason === 'permissions' ? EMPTY_INBOX : machine.inbox;
  return proceed({ ...machine, inbox, phase: 'catching-up', snapshot: 'wanted', buffer: [] });
}

function takeLoss(machine: Machine, at: number): Step {
  const snapshot = machine.snapshot === 'asked' || machine.isPartial ? 'wanted' : machine.snapshot;
  const since = machine.since ?? at;
  return stay({ ...machine, phase: 'offline', since, isReady: false, snapshot, buffer: [] });
}

type Handlers = { readonly [T in Input['type']]: (machine: Machine, input: Extract<Input, { type: T }>) => Step };

const HANDLERS: Handlers = {
  connect: (machine) => stay({ ...machine, phase: machine.phase === 'offline' ? 'offline' : 'connecting' }),
  handshake: (machine) => stay({ ...machine, phase: 'catching-up', isReady: false, buffer: [] }),
  ready: (machine, input) => proceed({ ...machine, isReady: true, me: input.memberId }),
  frame: (machine, input) => takeFrame(machine, input.frame),
  resync: (machine, input) => takeResync(machine, input.reason),
  snapshot: (machine, input) => takeSnapshot(machine, input.result),
  'snapshot-failed': (machine) => stay(machine.snapshot === 'asked' ? { ...machine, snapshot: 'wanted' } : machine),
  lost: (machine, input) => takeLoss(machine, input.at),
  logout: () => stay(INITIAL_MACHINE),
};

/** One step of the machine. Pure. */
export function step(machine: Machine, input: Input): Step {
  return HANDLERS[input.type](machine, input as never);
}

/** Requests a snapshot again that failed to arrive. */
export function retrySnapshot(machine: Machine): Step {
  return proceed(machine);
}

/** The cursor to send at the next handshake; null asks for a fresh start. */
export function resumeCursor(machine: Machine): { epoch: string; seq: number } | null {
  return machine.snapshot === 'none' ? machine.inbox.cursor : null;
}
