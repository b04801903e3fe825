/**
 * What both ways of running a command (alone and together with others) share: its input, and what its caller is told.
 */
import type { CommandInput, CommandName, CommandResult } from '../contract/commands.ts';
import { InboxError } from '../contract/errors.ts';
import type { CommandId } from '../contract/ids.ts';
import type { MediaJob, OutboundJob } from '../contract/jobs.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { classifyDatabaseError, type Database } from '../platform/postgres.ts';
import type { Replica } from '../platform/postgres-replica.ts';
import type { AnyCommand, Caller, Command, Executed, Outcome, PresenceReader } from './command.ts';
import type { StoredCommand } from './command-log.ts';
import { AsLogged, type LoggedEvent } from './event-log.ts';
import { publishHints, type HintPublisher } from './hints.ts';
import type { JobQueue } from './job-queue.ts';
import type { Registry } from './registry.ts';

/**
 * `deadlineMs` bounds one command, waiting for a connection included; default 8 s. `replica`: for reads that allow it;
 * default none.
 */
export interface ExecutorDeps {
  readonly registry: Registry;
  readonly database: Database;
  readonly replica?: Replica | null;
  readonly clock: Clock;
  readonly log: Logger;
  readonly presence: PresenceReader;
  readonly hints: HintPublisher;
  readonly jobs: JobQueue;
  readonly metrics?: Pick<Metrics, 'queueFailed'>;
  readonly deadlineMs?: number;
}

const DEFAULT_DEADLINE_MS = 8_000;

/** The deadline of one command, ms. */
export function deadlineOf({ deadlineMs }: ExecutorDeps): number {
  return deadlineMs ?? DEFAULT_DEADLINE_MS;
}

/** The outcome of a run whose transaction was committed. */
export interface Committed<N extends CommandName> {
  readonly data: CommandResult<N>;
  readonly outcome: Pick<Outcome<N>, 'jobs' | 'effects'>;
  readonly logged: readonly LoggedEvent[];
  readonly cursor: { readonly epoch: string; readonly seq: number } | null;
}

/** A parsed input and its caller. Nothing has been authorised yet. */
export interface Run<N extends CommandName, C extends AnyCommand<N> = Command<N>> {
  readonly deps: ExecutorDeps;
  readonly command: C;
  readonly input: CommandInput<N>;
  readonly caller: Caller;
  readonly commandId: CommandId | null;
}

/** The membership. Throws forbidden if there is none. */
export function member<T>(found: T | null): T {
  if (found === null) throw new InboxError('forbidden', 'You are not a member of this team.');
  return found;
}

/** A handler's outcome, completed with the logged events. */
export function answered<N extends CommandName>(outcome: Outcome<N>, logged: readonly LoggedEvent[]): Committed<N> {
  const { data, changes = [] } = outcome;
  const told = data instanceof AsLogged ? toldBy<N>(logged[data.placeIn(changes)]) : data;
  return { data: told, outcome, logged, cursor: cursorOf(logged) };
}

/** The position of the log after these events; null if there are none. */
export function cursorOf(logged: readonly LoggedEvent[]): { readonly epoch: string; readonly seq: number } | null {
  const last = logged.at(-1);
  return last === undefined ? null : { epoch: last.epoch, seq: last.seq };
}

/** The result of a command whose result is the content of an event. */
export function toldBy<N extends CommandName>(logged: LoggedEvent | undefined): CommandResult<N> {
  if (logged === undefined) throw new Error('A command answers a change that was not logged.');
  return (JSON.parse(logged.event) as { data: CommandResult<N> }).data;
}

/** The stored answer of the same commandId. Throws conflict if that was another command. */
export function fromStored<N extends CommandName>(run: Run<N>, stored: StoredCommand): Committed<N> {
  if (stored.name !== run.command.name) {
    throw new InboxError(
      'conflict',
      `This commandId was used for ${stored.name}. Give every command an id of its own.`,
    );
  }
  const cursor = stored.seq === null ? null : { epoch: stored.epoch, seq: stored.seq };
  return { data: stored.result as CommandResult<N>, outcome: {}, logged: [], cursor };
}

/** Whether the database was at fault, not the command. */
export function isBusy(error: unknown): boolean {
  const kind = classifyDatabaseError(error);
  return kind === 'infrastructure' || kind === 'retry';
}

/** The refusal for an error of the database. */
export function busy({ log }: Pick<ExecutorDeps, 'log'>, command: CommandName, error: unknown): InboxError {
  log.warn({ err: error, command }, 'A command could not reach a result.');
  return new InboxError('unavailable', 'The inbox is busy. Send the same command again with the same commandId.');
}

/** What the caller gets. */
export function executed<N extends CommandName>({ data, outcome, cursor }: Committed<N>): Executed<N> {
  return { data, effects: outcome.effects ?? [], ...(cursor === null ? {} : { cursor }) };
}

/**
 * After the commit, for speed only. Never throws: what fails here is made up for by the tailer's poll and the sweepers.
 */
export function announce(
  deps: Pick<ExecutorDeps, 'hints' | 'jobs' | 'log' | 'metrics'>,
  { logged, outcome }: Pick<Committed<CommandName>, 'logged' | 'outcome'>,
): void {
  try {
    publishHints(deps.hints, logged);
  } catch (error) {
    deps.log.warn({ err: error }, 'A hint could not be published.');
  }
  for (const job of outcome.jobs ?? []) void append(deps, job);
}

async function append(
  deps: Pick<ExecutorDeps, 'jobs' | 'log' | 'metrics'>,
  job: OutboundJob | MediaJob,
): Promise<void> {
  try {
    await deps.jobs.append(job);
  } catch (error) {
    deps.metrics?.queueFailed.inc({ stream: 'mediaId' in job ? 'media' : 'outbound' });
    deps.log.warn({ err: error }, 'A job did not reach its stream; the sweeper will find it.');
  }
}
