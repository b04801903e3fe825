/** What a member's session may do now, and what its commands have already answered. */
import type { AgentVisibility, Role } from '../contract/entities.ts';
import type { CommandId } from '../contract/ids.ts';
import type { Statement, Tx } from '../platform/postgres.ts';
import type { Caller } from './command.ts';
import { changeRows, loggedColumns, type Change, type LoggedEvent } from './event-log.ts';

/** The first result of a commandId, as it was committed. */
export interface StoredCommand {
  readonly name: string;
  readonly result: unknown;
  readonly epoch: string;
  readonly seq: number | null;
}

/** A live membership together with what this commandId has answered before. */
export interface Admission {
  readonly role: Role;
  readonly displayName: string;
  readonly version: number;
  readonly agentVisibility: AgentVisibility;
  readonly stored: StoredCommand | null;
}

/**
 * One round trip at the start of every command. Null when the membership does not exist or was removed.
 * Indexes: primary keys of tenant_members, tenants, commands, tenant_logs. No locks.
 */
export async function readAdmission(tx: Tx, caller: Caller, commandId: CommandId | null): Promise<Admission | null> {
  const rows = await tx<Admission[]>`
    select m.role, m.display_name as "displayName", m.version, t.agent_visibility as "agentVisibility",
      (select json_build_object('name', c.name, 'result', c.result, 'seq', c.seq, 'epoch', l.epoch)
         from commands c join tenant_logs l on l.tenant_id = c.tenant_id
        where c.tenant_id = m.tenant_id and c.member_id = m.id and c.command_id = ${commandId}) as stored
    from tenant_members m join tenants t on t.id = m.tenant_id
    where m.tenant_id = ${caller.tenantId} and m.id = ${caller.memberId} and m.user_id = ${caller.userId}
      and m.removed_at is null`;
  return rows[0] ?? null;
}

/** What is to be kept of a command. `result` is the number of the change whose event tells it, or the result itself. */
export interface CommandRecord {
  readonly commandId: CommandId;
  readonly name: string;
  readonly result: { readonly change: number } | { readonly data: unknown };
}

/**
 * Logs the changes and keeps the command's result, in one statement; the last write of its transaction (logChanges tells
 * what it locks). Rejects with 23505 on commands_pkey when the same commandId was committed meanwhile: then nothing of
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
    with logged as materialized (select * from log_changes_json(${tx.json(changeRows(changes))}::json)), kept as (
      insert into commands (tenant_id, member_id, command_id, name, result, seq)
      select ${caller.tenantId}, ${caller.memberId}, ${commandId}, ${name},
        coalesce(${data}::json, (select l.event->'data' from logged l order by l.seq offset ${change ?? 0} limit 1)),
        (select max(l.seq) from logged l)
    )
    select ${loggedColumns(tx)} from logged l order by l.seq`;
}
