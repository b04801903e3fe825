/**
 * Binds every command of the registry to a socket. Acks follow the commit, every rejection is handled, everything is
 * bounded.
 */
import { COMMAND_NAMES, COMMANDS, type CommandName } from '../contract/commands.ts';
import { InboxError, invalidInput, type ErrorBody } from '../contract/errors.ts';
import type { Caller, Effect, ExecuteCommand, Executed, InTurn } from '../inbox/command.ts';
import type { JobQueue } from '../inbox/job-queue.ts';
import type { ReadLiveMembers } from '../inbox/team/live-member.ts';
import { chooseMembership } from '../inbox/team/session.ts';
import { assertCurrent } from '../inbox/team/tokens.ts';
import type { TypingOutcome } from '../inbox/threads/typing.ts';
import type { Clock } from '../lib/clock.ts';
import { InOrder } from '../lib/in-order.ts';
import type { Logger } from '../platform/log.ts';
import type { Metrics } from '../platform/metrics.ts';
import { classifyDatabaseError } from '../platform/postgres.ts';
import { Bucket } from './bucket.ts';
import type { VerifyToken } from './handshake.ts';
import type { InboxSocket } from './types.ts';

const PER_SOCKET = { perSecond: 20, burst: 40 } as const;
/** Per connection. A waiting command keeps its input, which was validated and is therefore bounded in size. */
const MOST_UNANSWERED = 64;
/** Commands of one connection to one thread wait for each other no longer than one command may take, ms. */
const MOST_WAITED_MS = 8000;
/** Commands without an order: typing is sent at once, and reads change nothing. */
const ANY_ORDER: ReadonlySet<CommandName> = new Set(['typing:set', 'thread:messages', 'thread:search', 'thread:get']);

/** What commands need of the node. */
export interface CommandDeps {
  readonly execute: ExecuteCommand;
  readonly jobs: JobQueue;
  readonly verifyToken: VerifyToken;
  readonly readMembers: ReadLiveMembers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'realtimeCommands' | 'realtimeUnknownEvents'>;
  readonly inFlight: InFlight;
}

/** What commands need of the socket's session. */
export interface CommandSession {
  /** As of its latest renewal. */
  caller(): Caller;
  /** Handles typing if it can be decided without Postgres (otherwise null); rejects as the command does. */
  type(input: unknown): Promise<TypingOutcome | null>;
  apply(effects: readonly Effect[]): void;
  renewed(caller: Caller): void;
}

/** Commands in progress. After `close`, new ones are refused, and so are those that wait for their turn. */
export class InFlight {
  readonly inOrder = new InOrder();
  #count = 0;
  #closed = false;
  #idle: (() => void)[] = [];

  get closed(): boolean {
    return this.#closed;
  }

  async track<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  /** Refuses commands that have not begun; resolves when all that have begun have been answered. */
  async close(): Promise<void> {
    this.#closed = true;
    this.inOrder.waitNoMore();
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle.push(resolve);
    });
  }
}

type Answer = { ok: true; data: unknown; cursor?: unknown } | { ok: false; error: ErrorBody };

const KNOWN: ReadonlySet<string> = new Set(COMMAND_NAMES);

const isCommand = (name: unknown): name is CommandName => KNOWN.has(name as string);

/**
 * Call once per socket, before anything else can arrive on it. Uses one listener for all commands, which makes a socket
 * cheaper.
 */
export function bindCommands(socket: InboxSocket, session: CommandSession, deps: CommandDeps): void {
  const pace = { bucket: new Bucket(PER_SOCKET, deps.clock.nowMs()), unanswered: 0 };
  socket.onAny((name: unknown, ...args: unknown[]) => {
    const { input, ack } = splitArguments(args);
    if (!isCommand(name)) {
      deps.metrics.realtimeUnknownEvents.inc();
      // A caller that waits for an answer gets one, because silence would look like a lost connection.
      ack({ ok: false, error: NO_SUCH_COMMAND.toBody() });
      return;
    }
    void answer(deps, session, { name, input, pace, socketId: socket.id }).then((given) => {
      deps.metrics.realtimeCommands.inc({ command: name, result: given.ok ? 'ok' : given.error.code });
      ack(given);
    });
  });
}

const NO_SUCH_COMMAND = new InboxError('unsupported', 'There is no such command.');
const SHUTTING_DOWN = new InboxError(
  'unavailable',
  'This server is shutting down; repeat the command after reconnecting.',
);
const BUSY = new InboxError(
  'unavailable',
  'This conversation is busy. Send the same command again with the same commandId.',
);

/** Clients may leave out the input, the ack, or both. */
function splitArguments(args: readonly unknown[]): { input: unknown; ack: (answer: Answer) => void } {
  const last = args.at(-1);
  const ack = typeof last === 'function' ? (last as (answer: Answer) => void) : () => undefined;
  const first = args[0];
  return { input: typeof first === 'function' || first === undefined ? {} : first, ack };
}

/** Rate limits of one connection. */
interface Pace {
  readonly bucket: Bucket;
  unanswered: number;
}

interface Asked {
  readonly name: CommandName;
  readonly input: unknown;
  readonly pace: Pace;
  readonly socketId: string;
}

/** Never rejects. */
async function answer(deps: CommandDeps, session: CommandSession, asked: Asked): Promise<Answer> {
  const { pace } = asked;
  pace.unanswered += 1;
  try {
    admitCommand(deps, pace);
    return await deps.inFlight.track(() => execute(deps, session, asked));
  } catch (error) {
    return { ok: false, error: toBody(deps, asked.name, error) };
  } finally {
    pace.unanswered -= 1;
  }
}

/** Makes a command begin only after earlier commands of the same connection for the same thread. */
function turnOf({ inFlight }: CommandDeps, { name, socketId }: Asked): InTurn {
  return async (threadId, begin) => {
    if (threadId === null || ANY_ORDER.has(name)) return await begin();
    return await inFlight.inOrder.run(`${socketId} ${threadId}`, async (waitedMs) => {
      if (inFlight.closed) throw SHUTTING_DOWN;
      if (waitedMs > MOST_WAITED_MS) throw BUSY;
      return await begin();
    });
  };
}

async function execute(deps: CommandDeps, session: CommandSession, asked: Asked): Promise<Answer> {
  const { name, input } = asked;
  if (name === 'session:renew') return await renew(deps, session, input);
  const executed: Executed<CommandName> =
    (name === 'typing:set' ? await type(deps, session, input) : null) ??
    (await deps.execute(name, input, session.caller(), turnOf(deps, asked)));
  session.apply(executed.effects);
  const cursor = executed.cursor === undefined ? {} : { cursor: executed.cursor };
  return { ok: true, data: executed.data, ...cursor };
}

/** Null when Postgres has to decide. */
async function type(
  deps: CommandDeps,
  session: CommandSession,
  input: unknown,
): Promise<Executed<'typing:set'> | null> {
  const outcome = await session.type(input);
  if (outcome === null) return null;
  const { data, effects, jobs } = outcome;
  for (const job of jobs) {
    deps.jobs.append(job).catch((error: unknown) => {
      deps.log.debug({ err: error, threadId: job.threadId }, 'The customer is not shown that somebody types.');
    });
  }
  return { data, effects };
}

function admitCommand(deps: CommandDeps, { bucket, unanswered }: Pace): void {
  if (deps.inFlight.closed) throw SHUTTING_DOWN;
  if (unanswered > MOST_UNANSWERED) {
    throw new InboxError('rate_limited', 'Too many commands wait for an answer; wait for some of them.', {
      retryAfterMs: 1000,
    });
  }
  const retryAfterMs = bucket.take(deps.clock.nowMs());
  if (retryAfterMs > 0) throw new InboxError('rate_limited', 'Too many commands; wait a moment.', { retryAfterMs });
}

/** The new token must be for the same person and the same current membership; anybody else has to reconnect. */
async function renew(deps: CommandDeps, session: CommandSession, input: unknown): Promise<Answer> {
  const parsed = COMMANDS['session:renew'].input.safeParse(input);
  if (!parsed.success) throw invalidInput(parsed.error, 'The command');
  const old = session.caller();
  const { userId, expiresAtMs, session: stamp } = await deps.verifyToken(parsed.data.token);
  if (userId !== old.userId) {
    throw new InboxError('forbidden', 'This token belongs to somebody else; connect again to change users.');
  }
  const live = chooseMembership(await deps.readMembers({ userId, tenantId: old.tenantId }));
  assertCurrent(stamp, live.sessionGeneration);
  // An event of the log may have ended this session while its earlier state was being checked: check again.
  if (session.caller() !== old) return await renew(deps, session, input);
  session.renewed({ ...old, expiresAtMs, session: stamp });
  return { ok: true, data: { expiresAt: new Date(expiresAtMs).toISOString() } };
}

function toBody(deps: CommandDeps, command: CommandName, error: unknown): ErrorBody {
  const refusal = asInboxError(error);
  if (refusal.code === 'internal') deps.log.error({ err: error, command }, 'A command failed.');
  return refusal.toBody();
}

/** Turns anything thrown into the refusal that a client may see. */
export function asInboxError(error: unknown): InboxError {
  if (error instanceof InboxError) return error;
  if (classifyDatabaseError(error) !== 'data') {
    return new InboxError('unavailable', 'The inbox cannot reach its database; try again shortly.');
  }
  return new InboxError('internal', 'Something went wrong on our side.');
}
