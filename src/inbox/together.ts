/** Sends that come while others are being written share the next transaction: one look, one write, one commit for all. */
import { AsyncResource } from 'node:async_hooks';
import type { CommandName } from '../contract/commands.ts';
import { InboxError } from '../contract/errors.ts';
import type { CommandId, ThreadId } from '../contract/ids.ts';
import { Rounds } from '../lib/rounds.ts';
import { DatabaseBusyError, type Tx } from '../platform/postgres.ts';
import type { Caller, Prepared, TogetherContext } from './command.ts';
import { announce, busy, cursorOf, deadlineOf, isBusy, toldBy } from './command-run.ts';
import type { Committed, ExecutorDeps, Run } from './command-run.ts';
import { openSends, writeSends, type OpenSend, type SendEvent } from './messages/together-queries.ts';
import { abilityFor } from './team/ability.ts';

/** Two: while the server writes one round, this process decides on the other. */
const ROUNDS_AT_ONCE = 2;
/** What a round writes for others is how long a business's log is held at most. */
const PER_ROUND = 32;
/** Above it a send is refused. */
const MOST_WAITING = 400;

/** A send that waits for its round. */
interface Waiting {
  readonly caller: Caller;
  readonly commandId: CommandId | null;
  readonly threadId: ThreadId;
  readonly endMs: number;
  readonly decide: (context: TogetherContext) => Prepared | null;
  readonly resolve: (events: readonly SendEvent[]) => void;
  readonly refuse: (reason: unknown) => void;
  readonly alone: () => Promise<void>;
}

/** A send of a round that may be written. */
interface Ready extends Prepared {
  readonly item: Waiting;
  readonly n: number;
}

/** Runs a command by itself, as commands usually are. */
export type RunAlone = <N extends CommandName>(run: Run<N>) => Promise<Committed<N>>;

/**
 * Commits what Command.together knows how to decide on, in rounds. A command of another kind runs alone; so does what
 * cannot be decided on in its round: the thread is held by somebody else or not there, the command was answered before,
 * it is refused, or the round failed by the fault of one in it.
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
      groupOf: ({ caller }) => caller.tenantId,
      keyOf: ({ caller, threadId }) => `${caller.tenantId} ${threadId}`,
      together: (waiting) => this.#play(waiting),
      alone: (waiting) => waiting.alone(),
    });
  }

  async commit<N extends CommandName>(run: Run<N>): Promise<Committed<N>> {
    const { caller, command, commandId, input } = run;
    const { together } = command;
    const threadId = together?.threadOf(input) ?? null;
    if (together === undefined || threadId === null) return await this.#alone(run);
    if (this.#rounds.size >= MOST_WAITING) throw this.#busy(new DatabaseBusyError(command.name));
    return await new Promise((resolve, reject) => {
      this.#rounds.add({
        ...{ caller, commandId, threadId, endMs: performance.now() + deadlineOf(this.#deps) },
        decide: (context) => together.decide(context, input),
        resolve: (logged) => {
          resolve({ data: toldBy<N>(logged[0]), outcome: {}, logged: [], cursor: cursorOf(logged) });
        },
        refuse: reject,
        // Not under the correlation id of whoever began the round.
        alone: AsyncResource.bind(() => this.#alone(run).then(resolve, reject)),
      });
    });
  }

  /** Returns those that have to run alone. */
  async #play(waiting: readonly Waiting[]): Promise<readonly Waiting[]> {
    const items = this.#inTime(waiting);
    const [first] = items;
    if (first === undefined) return [];
    const deps = this.#deps;
    try {
      const options = { deadlineMs: deadlineOf(deps) };
      const { ready, events } = await deps.database.asTenant(
        first.caller.tenantId,
        'command.together',
        (tx) => sendAll(tx, deps, items),
        options,
      );
      announce(deps, { logged: events, outcome: { jobs: ready.flatMap(({ jobs }) => jobs) } });
      for (const { item, n } of ready) item.resolve(events.filter((event) => event.n === n));
      const sent = new Set(ready.map(({ item }) => item));
      return items.filter((item) => !sent.has(item));
    } catch (error) {
      if (!isBusy(error)) {
        // Nothing of it was committed; whose fault it is shows when each runs alone.
        deps.log.warn({ err: error, count: items.length }, 'Sends could not be written together; each runs by itself.');
        return items;
      }
      for (const { refuse } of items) refuse(this.#busy(error));
      return [];
    }
  }

  #inTime(waiting: readonly Waiting[]): readonly Waiting[] {
    const nowMs = performance.now();
    for (const { endMs, refuse } of waiting) {
      if (nowMs > endMs) refuse(this.#busy(new DatabaseBusyError('command.together')));
    }
    return waiting.filter(({ endMs }) => nowMs <= endMs);
  }

  #busy(error: unknown): InboxError {
    return busy(this.#deps, 'message:send', error);
  }
}

/** One transaction; row-level security goes with its work from tenant to tenant (open_sends, write_sends). */
async function sendAll(
  tx: Tx,
  { clock }: Pick<ExecutorDeps, 'clock'>,
  items: readonly Waiting[],
): Promise<{ readonly ready: readonly Ready[]; readonly events: readonly SendEvent[] }> {
  const opened = await openSends(
    tx,
    items.map(({ caller, commandId, threadId }, n) => ({ n, caller, commandId, threadId })),
  );
  const ready = opened.flatMap((open) => prepare(items[open.n], open, clock) ?? []);
  return { ready, events: ready.length === 0 ? [] : await tx.finish([], writeSends(tx, ready)) };
}

/** Null for what has to run alone, a refusal as well: there it is looked once more whether the command was answered. */
function prepare(item: Waiting | undefined, open: OpenSend, clock: TogetherContext['clock']): Ready | null {
  if (item === undefined) throw new Error('A send was opened that nobody asked for.');
  const { caller, commandId } = item;
  const { role, agentVisibility, thread } = open;
  const ability = abilityFor({ memberId: caller.memberId, role, agentVisibility });
  try {
    const prepared = item.decide({ caller, commandId, ability, clock, thread });
    return prepared === null ? null : { ...prepared, item, n: open.n };
  } catch (error) {
    if (error instanceof InboxError) return null;
    throw error;
  }
}
