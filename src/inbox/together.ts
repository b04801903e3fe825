/**
 * Runs sends in rounds: those that arrive while others are being written share the next transaction, with one query,
 * one write and one commit for all.
 */
import type { CommandName } from '../contract/commands.ts';
import { InboxError } from '../contract/errors.ts';
import type { CommandId, ThreadId } from '../contract/ids.ts';
import { groupBy } from '../lib/group-by.ts';
import { Rounds } from '../lib/rounds.ts';
import { correlationId, runWithCorrelation } from '../platform/log.ts';
import { classifyDatabaseError, DatabaseBusyError, isLockTimeout, type Tx } from '../platform/postgres.ts';
import type { Caller, Prepared, TogetherContext } from './command.ts';
import { announce, busy, cursorOf, deadlineOf, isBusy, toldBy } from './command-run.ts';
import type { Committed, ExecutorDeps, Run } from './command-run.ts';
import {
  answeredSends,
  openSends,
  writeSends,
  type AskedSend,
  type OpenSend,
  type SendEvent,
} from './messages/together-queries.ts';
import { abilityFor } from './team/ability.ts';

/** Two: while the server writes one round, this process decides on the other. */
const ROUNDS_AT_ONCE = 2;
/** Bounds how long a business's log is locked while the round writes for others. */
const PER_ROUND = 32;
/** A round that takes longer is being held up by a lock. */
const PATIENCE_MS = 20;
/** When more wait, a send of the business that has the most of them is refused. */
const MOST_WAITING = 400;
/** Share of its deadline that a send may wait for its round; the rest is for the round and for running alone. */
const WAITING_SHARE = 0.5;

/** A send that waits for its round. */
interface Waiting {
  readonly caller: Caller;
  readonly commandId: CommandId | null;
  readonly threadId: ThreadId;
  /** When it must have begun, and when it must be answered; ms of this process's clock. */
  readonly beginMs: number;
  readonly endMs: number;
  readonly decide: (context: TogetherContext) => Prepared | null;
  readonly sent: (events: readonly SendEvent[]) => void;
  readonly refused: (refusal: InboxError) => void;
  /** Called when the database is at fault. */
  readonly giveUp: (reason: unknown) => void;
  readonly alone: () => Promise<void>;
}

/** A send of a round that will be written. */
interface Ready extends Prepared {
  readonly item: Waiting;
  readonly n: number;
}

/** A send of a round that is refused for good. */
interface Refused {
  readonly item: Waiting;
  readonly refusal: InboxError;
}

/** Runs a command by itself, the usual way. */
export type RunAlone = <N extends CommandName>(run: Run<N>) => Promise<Committed<N>>;

/**
 * Runs commands that implement Command.together in rounds. Other commands run alone. So does what cannot be decided in
 * its round: its thread is locked by somebody else or missing, the command was answered before, or the round failed
 * because of one of its sends.
 */
export class Together {
  readonly #deps: ExecutorDeps;
  readonly #alone: RunAlone;
  readonly #rounds: Rounds<Waiting>;

  constructor(deps: ExecutorDeps, alone: RunAlone) {
    this.#deps = deps;
    this.#alone = alone;
    this.#rounds = new Rounds<Waiting>({
      roundsAtOnce: ROUNDS_AT_ONCE,
      perRound: PER_ROUND,
      patienceMs: PATIENCE_MS,
      mostWaiting: MOST_WAITING,
      groupOf: ({ caller }) => caller.tenantId,
      keysOf,
      // A round belongs to several requests, so it has no correlation id.
      together: (waiting) => runWithCorrelation(undefined, () => this.#play(waiting)),
      alone: (waiting) => waiting.alone(),
    });
  }

  async commit<N extends CommandName>(run: Run<N>): Promise<Committed<N>> {
    const { caller, command, commandId, input, deps } = run;
    const { together } = command;
    const threadId = together?.threadOf(input) ?? null;
    if (together === undefined || threadId === null) return await this.#alone(run);
    const ownId = correlationId();
    const nowMs = performance.now();
    const endMs = nowMs + deadlineOf(deps);
    return await new Promise((resolve, reject) => {
      const turnedAway = this.#rounds.add({
        caller,
        commandId,
        threadId,
        beginMs: nowMs + WAITING_SHARE * deadlineOf(deps),
        endMs,
        decide: (context) => together.decide(context, input),
        sent: (events) => {
          resolve(sentBy<N>(events));
        },
        refused: reject,
        giveUp: (reason) => {
          reject(runWithCorrelation(ownId, () => busy(deps, command.name, reason)));
        },
        alone: () =>
          runWithCorrelation(ownId, () =>
            this.#alone({ ...run, deps: { ...deps, deadlineMs: leftMs(endMs) } }).then(resolve, reject),
          ),
      });
      turnedAway?.giveUp(new DatabaseBusyError('command.together'));
    });
  }

  /** Plays a round; returns the sends that have to run alone. Never rejects. */
  async #play(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
    const items = inTime(waiting);
    if (items.length === 0) return [];
    let sent: Sent;
    try {
      sent = await this.#write(items);
    } catch (error) {
      return this.#failed(items, error);
    }
    // Committed: from here on nothing may make any of them run again.
    const { ready, events, refused } = sent;
    announce(this.#deps, { logged: events, outcome: { jobs: ready.flatMap(({ jobs }) => jobs) } });
    const eventsOf = groupBy(events, ({ n }) => n);
    for (const { item, n } of ready) item.sent(eventsOf.get(n) ?? []);
    for (const { item, refusal } of refused) item.refused(refusal);
    const done = new Set([...ready, ...refused].map(({ item }) => item));
    return items.filter((item) => !done.has(item));
  }

  /** Retries once if another process answered one of the commands meanwhile: opening them again shows which. */
  async #write(items: readonly Waiting[]): Promise<Sent> {
    const tenantIds = [...new Set(items.map(({ caller }) => caller.tenantId))];
    const endMs = Math.min(...items.map((item) => item.endMs));
    const once = async (): Promise<Sent> =>
      await this.#deps.database.asTenants(tenantIds, 'command.together', (tx) => sendAll(tx, this.#deps, items), {
        deadlineMs: leftMs(endMs),
      });
    try {
      return await once();
    } catch (error) {
      if (classifyDatabaseError(error) !== 'conflict') throw error;
      return await once();
    }
  }

  /** Nothing was committed, or the outcome is unknown; returns the sends that have to run alone. */
  #failed(items: readonly Waiting[], error: unknown): readonly Waiting[] {
    if (!isBusy(error) || isLockTimeout(error)) {
      // One of them is at fault, or waits for a lock: running each alone shows which.
      this.#deps.log.warn({ err: error, count: items.length }, 'Sends could not be written together; each runs alone.');
      return items;
    }
    for (const { giveUp } of items) giveUp(error);
    return [];
  }
}

/** The thread, whose sends keep their order, and the command, which must run only once. */
function keysOf({ caller: { tenantId, memberId }, threadId, commandId }: Waiting): readonly string[] {
  const thread = `${tenantId} ${threadId}`;
  return commandId === null ? [thread] : [thread, `${tenantId} ${memberId} ${commandId}`];
}

/** ms, at least one. */
function leftMs(endMs: number): number {
  return Math.max(1, endMs - performance.now());
}

/** Gives up those that have waited too long. */
function inTime(waiting: readonly Waiting[]): readonly Waiting[] {
  const nowMs = performance.now();
  return waiting.filter(({ beginMs, giveUp }) => {
    if (nowMs > beginMs) giveUp(new DatabaseBusyError('command.together'));
    return nowMs <= beginMs;
  });
}

/** Asynchronous, so that a defect in it fails one send and not the whole round. */
async function sentBy<N extends CommandName>(events: readonly SendEvent[]): Promise<Committed<N>> {
  return { data: toldBy<N>(events[0]), outcome: {}, logged: [], cursor: cursorOf(events) };
}

/** What a round sent and what it refused; its other sends have to run alone. */
interface Sent {
  readonly ready: readonly Ready[];
  readonly events: readonly SendEvent[];
  readonly refused: readonly Refused[];
}

/** One transaction, which sees the tenants of its round and no others. */
async function sendAll(tx: Tx, { clock }: Pick<ExecutorDeps, 'clock'>, items: readonly Waiting[]): Promise<Sent> {
  const opened = await openSends(tx, items.map(asked));
  const decided = opened.flatMap((open) => decide(items[open.n], open, clock) ?? []);
  const refused = await stillRefused(
    tx,
    decided.filter((one) => 'refusal' in one),
  );
  const ready = decided.filter((one) => 'message' in one);
  return { ready, refused, events: ready.length === 0 ? [] : await tx.finish([], writeSends(tx, ready)) };
}

function asked({ caller, commandId, threadId }: Waiting, n: number): AskedSend {
  return { n, caller, commandId, threadId };
}

/** Null for a send that has to run alone: one that needs a closer look, or a defect, which then shows there again. */
function decide(item: Waiting | undefined, open: OpenSend, clock: TogetherContext['clock']): Ready | Refused | null {
  if (item === undefined) throw new Error('A send was opened that nobody asked for.');
  const { caller, commandId } = item;
  const { role, agentVisibility, thread } = open;
  const ability = abilityFor({ memberId: caller.memberId, role, agentVisibility });
  try {
    const prepared = item.decide({ caller, commandId, ability, clock, thread });
    return prepared === null ? null : { message: prepared.message, jobs: prepared.jobs, item, n: open.n };
  } catch (error) {
    return error instanceof InboxError ? { item, refusal: error } : null;
  }
}

/**
 * Leaves out commands that another process answered between the round's first look and its locks. Since then nobody can
 * have, because that needs the same lock.
 */
async function stillRefused(tx: Tx, refused: readonly Refused[]): Promise<readonly Refused[]> {
  const repeatable = refused.filter(({ item }) => item.commandId !== null);
  if (repeatable.length === 0) return refused;
  const answered = await answeredSends(
    tx,
    repeatable.map(({ item }, n) => asked(item, n)),
  );
  const gone = new Set(answered.map((n) => repeatable[n]));
  return refused.filter((one) => !gone.has(one));
}
