/** The shape of a command: what it may touch, what it answers, what happens after its commit. */
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

/** A session that hangs on a password of ours. */
export interface SessionStamp {
  /** Goes from token to token; null where a token of an earlier release has none. */
  readonly id: string | null;
  /** Of the person's sessions; one that is below theirs has ended. */
  readonly generation: number;
}

/** The verified session behind a request: who, in which tenant. Says nothing about rights: those are read anew. */
export interface Caller {
  readonly userId: UserId;
  readonly tenantId: TenantId;
  readonly memberId: MemberId;
  /** When the token behind this session ends, ms. */
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

/** What a handler works with; everything inside one transaction that runs under row-level security. */
export interface CommandContext {
  readonly tx: Tx;
  readonly caller: Caller;
  readonly grant: Grant;
  readonly ability: InboxAbility;
  readonly clock: Clock;
  readonly commandId: CommandId | null;
  readonly presence: PresenceReader;
  /** The thread that the input names by `threadId`, locked for a write; rights are not checked: see threads/access.ts. */
  readonly named: ThreadRow | null;
}

/** Live states of a tenant's members, from leases in Redis; empty when Redis is away. Never rejects, answers within 300 ms. */
export interface PresenceReader {
  states(tenantId: TenantId): Promise<ReadonlyMap<MemberId, PresenceState>>;
}

/** What is not stored: leases and signals that a transport applies after the command was allowed. */
export type Effect =
  | {
      readonly type: 'viewing';
      readonly threadId: ThreadId;
      readonly assigneeId: MemberId | null;
      readonly on: boolean;
    }
  | { readonly type: 'typing'; readonly threadId: ThreadId; readonly assigneeId: MemberId | null; readonly on: boolean }
  | { readonly type: 'presence'; readonly state: PresenceState }
  /** The connection is shown the codes of this number for a while. */
  | { readonly type: 'pairing'; readonly accountId: AccountId };

/**
 * What a handler leaves behind. `writes` are its last statements, of which no answer is needed: they are
 * sent together with the log of the changes and the commit. Jobs are appended to their streams after commit.
 */
export interface Outcome<N extends CommandName> {
  readonly data: CommandResult<N> | AsLogged;
  readonly writes?: readonly Statement[];
  readonly changes?: readonly Change[];
  readonly jobs?: readonly (OutboundJob | MediaJob)[];
  readonly audit?: readonly AuditEntry[];
  readonly effects?: readonly Effect[];
}

/** One line of the audit log; `details` never hold message text, names or numbers. */
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
  /** A read of nothing but what the log tells of, so that the log's head says whether a replica has it (replica-reads.ts). */
  readonly onReplica?: true;
  run(context: CommandContext, input: CommandInput<N>): Promise<Outcome<N>>;
  /**
   * What follows the commit of a write and makes of its result, which is kept, the answer, which is not. Follows a repeated
   * commandId as well, so that it has to be harmless to repeat.
   */
  afterCommit?(result: CommandResult<N>, by: AnsweredTo<N>): Promise<CommandResult<N>>;
  readonly together?: Together<N>;
}

/** Who asked for what. */
export interface AnsweredTo<N extends CommandName> {
  readonly caller: Caller;
  readonly input: CommandInput<N>;
}

/** What a command that goes together with others is decided on: no further question can be asked. */
export interface TogetherContext extends Pick<CommandContext, 'caller' | 'ability' | 'clock' | 'commandId'> {
  /** Held until the transaction ends; rights are not checked. */
  readonly thread: SendThread;
}

/** What is written of one of them, and the jobs that follow its commit. */
export interface Prepared {
  readonly message: NewMessage;
  readonly jobs: readonly OutboundJob[];
}

/**
 * How a write goes together with others: a message to a thread for which nothing has to be looked up beside who asks and
 * the thread. Those that come at about the same time share a transaction, whatever business each is of (together.ts).
 */
export interface Together<N extends CommandName> {
  /** The thread; null where more is needed, which `run` looks up. Pure. */
  threadOf(input: CommandInput<N>): ThreadId | null;
  /** Throws a refusal as `run` does; null as threadOf. Pure. */
  decide(context: TogetherContext, input: CommandInput<N>): Prepared | null;
}

/**
 * A command that asks a carrier, for which no transaction may wait: `allow` refuses in a short read, `ask` runs after it
 * and writes what it has to in transactions of its own. Its answer is not kept under the commandId: it is asked again.
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
  /** Position of the tenant's log that includes this command's own events, if it made any. */
  readonly cursor?: { readonly epoch: string; readonly seq: number };
  readonly effects: readonly Effect[];
}

/** Has `begin` called, if at all, when it is the turn of a command whose input is valid; `threadId`: what that names. */
export type InTurn = <T>(threadId: ThreadId | null, begin: () => Promise<T>) => Promise<T>;

/**
 * Parses, authorises, runs and commits one command; the only way transports touch the inbox. Without `inTurn` it begins
 * at once; so does, in any case, what asks a carrier.
 * Throws InboxError for every expected refusal; anything else is a defect and becomes `internal` at the edge.
 */
export type ExecuteCommand = <N extends CommandName>(
  name: N,
  input: unknown,
  caller: Caller,
  inTurn?: InTurn,
) => Promise<Executed<N>>;
