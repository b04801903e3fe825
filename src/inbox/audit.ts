/** The audit log: who did what to which subject, never what was said. */
import { asJson, type Statement, type Tx } from '../platform/postgres.ts';
import type { AuditEntry } from './command.ts';

/** Who acted. `id` is a member's; null for operators and the system. */
export interface AuditActor {
  readonly tenantId: string;
  readonly type: 'member' | 'operator' | 'system';
  readonly id: string | null;
  readonly correlationId: string | null;
}

/** Appends entries. Locks only the new rows. */
export async function insertAudit(tx: Tx, actor: AuditActor, entries: readonly AuditEntry[]): Promise<void> {
  await auditStatement(tx, actor, entries).execute();
}

/** The statement of insertAudit, not sent yet. */
export function auditStatement(tx: Tx, actor: AuditActor, entries: readonly AuditEntry[]): Statement {
  const rows = entries.map((entry) => ({
    action: entry.action,
    subject_type: entry.subjectType,
    subject_id: entry.subjectId,
    details: entry.details ?? null,
  }));
  return tx`
    insert into audit_log (tenant_id, actor_type, actor_id, action, subject_type, subject_id, details, correlation_id)
    select ${actor.tenantId}, ${actor.type}, ${actor.id}, r.action, r.subject_type, r.subject_id, r.details,
      ${actor.correlationId}
    from json_to_recordset(${asJson(tx, rows)}) as r (action text, subject_type text, subject_id text, details json)`;
}
