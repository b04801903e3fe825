/** The shape of a command: what it may access, what it answers, what happens after its commit. */
import type { CommandInput, CommandName, CommandResult } from '../contract/commands.ts';
import type { AgentVisibility, PresenceState, Role } from '../contract/entities.ts';
import type { AccountId, CommandId, MemberId, TenantId, ThreadId, UserId } from '../contract/ids.ts';
import type { MediaJob, OutboundJob } from '../contract/jobs.ts';
import type { Clock } from '../lib/clock.ts';
import type { Statement, Tx } from '../platform/postgres.ts';
import type { AsLogged, Change } from './event-log.ts';
import type { NewMessage } from './messages/queries.ts';
import type { InboxAbility } from './team/ability.ts';
import type { SendThread, ThreadRow } from './threads/queries.ts';

/** A session that depends on a password of ours. */
export interface SessionStamp {
  /** Stays the same from token to token; null for tokens of releases that had none. */
  readonly id: string | null;
  /** Generation of the person's sessions; a session of a lower one than theirs has ended. */
  readonly generation: number;
}

/** The verified session behind a request: who, in which tenant. Contains no rights: those are read each time. */
export interface Caller {
  readonly userId: UserId;
  readonly tenantId: TenantId;
  readonly memberId: MemberId;
  /** When this session's token expires, ms. */
  readonly expiresAtMs: number;
  /** Null for tokens of Supabase. */
  readonly session: SessionStamp | null;
}

/** The membership as it is in this transaction. */
export interface Grant {
  readonly role: Role;
  readonly displayName: string;
  readonly agentVisibility: AgentVisibility;
  readonly version: number;
}

/** What a handler works with, everything inside one transaction under row-level security. */
export interface CommandContext {
  readonly tx: Tx;
  readonly caller: Caller;
  readonly grant: Grant;
  readonly ability: InboxAbility;
  readonly clock: Clock;
  readonly commandId: CommandId | null;
  readonly presence: PresenceReader;
  /**
   * The thread that the input names with `threadId`, locked for a write. Rights are not checked: see threads/access.ts.
   */
  readonly named: ThreadRow | null;
}

/** Live states of a tenant's members, from leases in Redis; empty when Redis is away. Never rejects, answers within 300 ms. */
export interface PresenceReader {
  states(tenantId: TenantId): Promise<ReadonlyMap<MemberId, PresenceState>>;
}

/** Effects that are not stored: leases and signals that a transport applies after the command was allowed. */
export type Effect =
  | {
      readonly type: 'viewing';
      readonly threadId: ThreadId;
      readonly assigneeId: MemberId | null;
      readonly on: boolean;
    }
  | { readonly type: 'typing'; readonly threadId: ThreadId; readonly assigneeId: MemberId | null; readonly on: boolean }
  | { readonly type: 'presence'; readonly state: PresenceState }
  /** Shows the connection the codes of this number for a while. */
  | { readonly type: 'pairing'; readonly accountId: AccountId };

/**
 * What a handler returns. `writes` are its last statements, whose answers it does not need: they are sent together with
 * the log of the changes and the commit. Jobs are appended to their streams after the commit.
 */
export interface Outcome<N extends CommandName> {
  readonly data: CommandResult<N> | AsLogged;
  readonly writes?: readonly Statement[];
  readonly changes?: readonly Change[];
  readonly jobs?: readonly (OutboundJob | MediaJob)[];
  readonly audit?: readonly AuditEntry[];
  readonly effects?: readonly Effect[];
}

/** One line of the audit log. `details` never contain message text, names or numbers. */
export interface AuditEntry {
  readonly action: string;
  readonly subjectType: string;
  readonly subjectId: string | null;
  readonly details?: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * A command that reads or writes Postgres. `write`: read committed, result stored under the commandId, changes logged.
 * `read`: one repeatable-read, read-only transaction, so that data and cursor agree.
 */
export interface Command<N extends CommandName> {
  readonly name: N;
  readonly access: 'read' | 'write';
  /**
   * Set for reads of data whose every change is logged, so that the log's head tells whether a replica has it
   * (replica-reads.ts).
   */
  readonly onReplica?: true;
  run(context: CommandContext, input: CommandInput<N>): Promise<Outcome<N>>;
  /**
   * Runs after the commit of a write and turns its stored result into the answer, which is not stored. Also runs for a
   * repeated commandId, so it must be safe to repeat.
   */
  afterCommit?(result: CommandResult<N>, by: AnsweredTo<N>): Promise<CommandResult<N>>;
  readonly together?: Together<N>;
}

/** Who sent which input. */
export interface AnsweredTo<N extends CommandName> {
  readonly caller: Caller;
  readonly input: CommandInput<N>;
}

/** What a command in a round is decided on. It cannot query anything else. */
export interface TogetherContext extends Pick<CommandContext, 'caller' | 'ability' | 'clock' | 'commandId'> {
  /** Locked until the transaction ends; rights are not checked. */
  readonly thread: SendThread;
}

/** What to write for one command of a round, and the jobs to append after its commit. */
export interface Prepared {
  readonly message: NewMessage;
  readonly jobs: readonly OutboundJob[];
}

/**
 * How a write joins a round: a message to a thread for which nothing has to be looked up except the member and the
 * thread. Those that arrive at about the same time share a transaction, across businesses (together.ts).
 */
export interface Together<N extends CommandName> {
  /** The thread; null if more has to be looked up, in which case `run` does it. Pure. */
  threadOf(input: CommandInput<N>): ThreadId | null;
  /** Throws a refusal as `run` does; null as in threadOf. Pure. */
  decide(context: TogetherContext, input: CommandInput<N>): Prepared | null;
}

/**
 * A command that calls a carrier, for which no transaction may wait: `allow` refuses in a short read; `ask` runs after
 * it and writes in transactions of its own. Its answer is not stored under the commandId: a repetition calls again.
 */
export interface CarrierCommand<N extends CommandName> {
  readonly name: N;
  readonly access: 'carrier';
  allow(context: CommandContext, input: CommandInput<N>): void;
  ask(
    caller: Caller,
    input: CommandInput<N>,
  ): Promise<{ readonly data: CommandResult<N>; readonly effects?: readonly Effect[] }>;
}

/** Either kind. */
export type AnyCommand<N extends CommandName> = Command<N> | CarrierCommand<N>;

/** An executed command, after commit. */
export interface Executed<N extends CommandName> {
  readonly data: CommandResult<N>;
  /** Position of the tenant's log that includes this command's own events, if it caused any. */
  readonly cursor?: { readonly epoch: string; readonly seq: number };
  readonly effects: readonly Effect[];
}

/**
 * Calls `begin` when it is the turn of a command with a valid input, or never. `threadId`: the thread that the input
 * names.
 */
export type InTurn = <T>(threadId: ThreadId | null, begin: () => Promise<T>) => Promise<T>;

/**
 * Parses, authorises, runs and commits one command; the transports' only way into the inbox. Without `inTurn` it begins
 * at once, as commands that call a carrier always do. Throws InboxError for every expected refusal; anything else is a
 * defect and becomes `internal` at the edge.
 */
export type ExecuteCommand = <N extends CommandName>(
  name: N,
  input: unknown,
  caller: Caller,
  inTurn?: InTurn,
) => Promise<Executed<N>>;
