/** Reads what a member may do now and what its commands have answered before; stores new answers. */
import type { AgentVisibility, Role } from '../contract/entities.ts';
import type { CommandId } from '../contract/ids.ts';
import type { Statement, Tx } from '../platform/postgres.ts';
import type { Caller } from './command.ts';
import { changeList, loggedColumns, type Change, type LoggedEvent } from './event-log.ts';
import type { Fragment } from './fragments.ts';
import { threadOf, threadWithAccount, type JoinedRow, type ThreadRow } from './threads/queries.ts';

/** The first result of a commandId, as it was committed. */
export interface StoredCommand {
  readonly name: string;
  readonly result: unknown;
  readonly epoch: string;
  readonly seq: number | null;
}

/** A live membership, together with the stored answer of this commandId. */
export interface Admission {
  readonly role: Role;
  readonly displayName: string;
  readonly version: number;
  readonly agentVisibility: AgentVisibility;
  readonly stored: StoredCommand | null;
}

/** Null when the membership does not exist or was removed. Indexes: those of admissionOf. No locks. */
export async function readAdmission(tx: Tx, caller: Caller, commandId: CommandId | null): Promise<Admission | null> {
  const rows = await tx<Admission[]>`${admissionOf(tx, caller, commandId)}`;
  return rows[0] ?? null;
}

/** What a command is decided on. */
export interface Opening {
  readonly admission: Admission;
  /** The thread that the input names; null if there is none. Rights are not checked. */
  readonly named: ThreadRow | null;
}

/** `locked`: `for no key update`, until the transaction ends. */
export interface ThreadToOpen {
  readonly id: string;
  readonly locked: boolean;
}

type OpeningRow = Omit<Admission, 'version'> & { readonly memberVersion: number } & (
    JoinedRow | Record<keyof JoinedRow, null>
  );

/**
 * readAdmission and the thread in one query, because each separate answer would wake this process once more. The thread
 * is not locked for callers who are not members. Indexes: those of admissionOf and threadWithAccount.
 */
export async function readOpening(
  tx: Tx,
  caller: Caller,
  commandId: CommandId | null,
  thread: ThreadToOpen,
): Promise<Opening | null> {
  const lock = thread.locked ? tx`for no key update of t` : tx``;
  const rows = await tx<OpeningRow[]>`
    select a.role, a."displayName", a.version as "memberVersion", a."agentVisibility", a.stored, named.*
    from (${admissionOf(tx, caller, commandId)}) a
    left join lateral (${threadWithAccount(tx, caller.tenantId, thread.id)} ${lock}) named on true`;
  const [row] = rows;
  if (row === undefined) return null;
  const { role, displayName, memberVersion: version, agentVisibility, stored, ...named } = row;
  return {
    admission: { role, displayName, version, agentVisibility, stored },
    named: named.id === null ? null : threadOf(named),
  };
}

/** The select of an Admission. Indexes: primary keys of tenant_members, tenants, commands, tenant_logs. No locks. */
const admissionOf = (tx: Tx, caller: Caller, commandId: CommandId | null): Fragment => tx`
  select m.role, m.display_name as "displayName", m.version, t.agent_visibility as "agentVisibility",
    (select json_build_object('name', c.name, 'result', c.result, 'seq', c.seq, 'epoch', l.epoch)
       from commands c join tenant_logs l on l.tenant_id = c.tenant_id
      where c.tenant_id = m.tenant_id and c.member_id = m.id and c.command_id = ${commandId}) as stored
  from tenant_members m join tenants t on t.id = m.tenant_id
  where m.tenant_id = ${caller.tenantId} and m.id = ${caller.memberId} and m.user_id = ${caller.userId}
    and m.removed_at is null`;

/**
 * What to store about a command. `result`: the index of the change whose event contains the result, or the result
 * itself.
 */
export interface CommandRecord {
  readonly commandId: CommandId;
  readonly name: string;
  readonly result: { readonly change: number } | { readonly data: unknown };
}

/**
 * Logs the changes and stores the command's result in one statement; the last write of its transaction (see logChanges
 * for its locks). Rejects with 23505 on commands_pkey when the same commandId was committed meanwhile: then nothing of
 * this transaction happened. May wait for the transaction that is storing the same commandId.
 */
export function logCommand(
  tx: Tx,
  caller: Caller,
  { commandId, name, result }: CommandRecord,
  changes: readonly Change[],
): Statement<LoggedEvent[]> {
  const [data, change] = 'data' in result ? [tx.json(result.data as never), null] : [null, result.change];
  return tx<LoggedEvent[]>`
    with logged as materialized (select * from log_changes(${changeList(tx, changes)})), kept as (
      insert into commands (tenant_id, member_id, command_id, name, result, seq)
      select ${caller.tenantId}, ${caller.memberId}, ${commandId}, ${name},
        coalesce(${data}::json, (select l.event->'data' from logged l order by l.seq offset ${change ?? 0} limit 1)),
        (select max(l.seq) from logged l)
    )
    select ${loggedColumns(tx)} from logged l order by l.seq`;
}
