/** Sends that come while others are being written share the next transaction: one look, one write, one commit for all. */
import type { CommandName } from '../contract/commands.ts';
import { InboxError } from '../contract/errors.ts';
import type { CommandId, ThreadId } from '../contract/ids.ts';
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
/** What a round writes for others is how long a business's log is held at most. */
const PER_ROUND = 32;
/** A round that takes longer is held up by somebody. */
const PATIENCE_MS = 20;
/** Above it a send is refused, of the business that has most of them. */
const MOST_WAITING = 400;
/** Of its time, for a send to wait for its round; the rest is for the round and for running alone. */
const WAITING_SHARE = 0.5;

/** A send that waits for its round. */
interface Waiting {
  readonly caller: Caller;
  readonly commandId: CommandId | null;
  readonly threadId: ThreadId;
  /** Until when it may wait, and when it has to be answered; ms of the process. */
  readonly beginMs: number;
  readonly endMs: number;
  readonly decide: (context: TogetherContext) => Prepared | null;
  readonly sent: (events: readonly SendEvent[]) => void;
  readonly refused: (refusal: InboxError) => void;
  /** The database is at fault. */
  readonly giveUp: (reason: unknown) => void;
  readonly alone: () => Promise<void>;
}

/** A send of a round that may be written. */
interface Ready extends Prepared {
  readonly item: Waiting;
  readonly n: number;
}

/** A send of a round that is refused, whoever looks. */
interface Refused {
  readonly item: Waiting;
  readonly refusal: InboxError;
}

/** Runs a command by itself, as commands usually are. */
export type RunAlone = <N extends CommandName>(run: Run<N>) => Promise<Committed<N>>;

/**
 * Commits what Command.together knows how to decide on, in rounds. A command of another kind runs alone; so does what
 * cannot be decided on in its round: the thread is held by somebody else or not there, the command was answered before,
 * or the round failed by the fault of one in it.
 */
export class Together {
  readonly #deps: ExecutorDeps;
  readonly #alone: RunAlone;
  readonly #rounds: Rounds<Waiting>;

  constructor(deps: ExecutorDeps, alone: RunAlone) {
    this.#deps = deps;
    this.#alone = alone;
    this.#rounds = new Rounds<Waiting>({
      ...{ roundsAtOnce: ROUNDS_AT_ONCE, perRound: PER_ROUND, patienceMs: PATIENCE_MS, mostWaiting: MOST_WAITING },
      groupOf: ({ caller }) => caller.tenantId,
      keysOf,
      // Not under the correlation id of whoever began it.
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
        ...{ caller, commandId, threadId, endMs, beginMs: nowMs + WAITING_SHARE * deadlineOf(deps) },
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

  /** Returns those that have to run alone. Never rejects. */
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
    for (const { item, n } of ready) item.sent(events.filter((event) => event.n === n));
    for (const { item, refusal } of refused) item.refused(refusal);
    const done = new Set([...ready, ...refused].map(({ item }) => item));
    return items.filter((item) => !done.has(item));
  }

  /** Once more when another process answered one of them meanwhile: that shows when they are opened again. */
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

  /** Nothing was committed, or nobody knows; returns those that have to run alone. */
  #failed(items: readonly Waiting[], error: unknown): readonly Waiting[] {
    if (!isBusy(error) || isLockTimeout(error)) {
      // By the fault of one of them, or held up by what one of them needs: that shows when each runs alone.
      this.#deps.log.warn({ err: error, count: items.length }, 'Sends could not be written together; each runs alone.');
      return items;
    }
    for (const { giveUp } of items) giveUp(error);
    return [];
  }
}

/** The thread, whose sends keep their order, and the command, which is done once. */
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

/** Asynchronous: a defect in it is one send's failure and not its round's. */
async function sentBy<N extends CommandName>(events: readonly SendEvent[]): Promise<Committed<N>> {
  return { data: toldBy<N>(events[0]), outcome: {}, logged: [], cursor: cursorOf(events) };
}

/** What a round sent and what it refused; the others of it have to run alone. */
interface Sent {
  readonly ready: readonly Ready[];
  readonly events: readonly SendEvent[];
  readonly refused: readonly Refused[];
}

/** One transaction, which is shown the tenants of its round and no others. */
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

/** Null for what has to run alone: what needs to be looked at more closely, and a defect, which shows there once more. */
function decide(item: Waiting | undefined, open: OpenSend, clock: TogetherContext['clock']): Ready | Refused | null {
  if (item === undefined) throw new Error('A send was opened that nobody asked for.');
  const { caller, commandId } = item;
  const { role, agentVisibility, thread } = open;
  const ability = abilityFor({ memberId: caller.memberId, role, agentVisibility });
  try {
    const prepared = item.decide({ caller, commandId, ability, clock, thread });
    return prepared === null ? null : { ...prepared, item, n: open.n };
  } catch (error) {
    return error instanceof InboxError ? { item, refusal: error } : null;
  }
}

/**
 * Without those whose command another process answered after it was looked whether it had been, and before their thread
 * was taken: since then nobody can have, as for that they would have to take it too.
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
