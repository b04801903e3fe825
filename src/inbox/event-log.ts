/** Appends changes to the tenant's durable event log, numbered under a lock held to commit. */
import type { EventType } from '../contract/events.ts';
import type { TenantId } from '../contract/ids.ts';
import type { Tx } from '../platform/postgres.ts';

/** What happened to which entity. The event's data is the whole entity, read when the change is logged. */
export interface Change {
  readonly tenantId: TenantId;
  readonly type: EventType | 'tenant.updated';
  /** Id of the thread, message, note, member or account. */
  readonly id: string;
  /** The thread whose visibility the event has; null for members and accounts. */
  readonly threadId: string | null;
  /** Assignee before this change; null is unassigned. */
  readonly before: string | null;
  readonly created?: boolean;
}

/** One numbered event; `event` is a LogEvent as JSON text, ready to travel in a hint. */
export interface LoggedEvent {
  readonly tenantId: TenantId;
  readonly epoch: string;
  readonly seq: number;
  readonly type: string;
  readonly receivedAtMs: number | null;
  readonly event: string;
}

/**
 * Numbers and stores changes, in the order given. Must be the last write of its transaction: it locks the tenant's
 * counter row until commit (lock order: sql/README.md). Index: tenant_logs primary key.
 */
export async function logChanges(tx: Tx, changes: readonly Change[]): Promise<LoggedEvent[]> {
  if (changes.length === 0) return [];
  const rows = changes.map((change, index) => ({
    ord: index,
    tenant_id: change.tenantId,
    type: change.type,
    id: change.id,
    thread_id: change.threadId,
    before: change.before,
    created: change.created ?? false,
  }));
  return tx<LoggedEvent[]>`
    select tenant_id as "tenantId", epoch, seq, type, received_at_ms as "receivedAtMs", event::text as event
    from log_changes_json(${tx.json(rows)}::json)
    order by tenant_id, seq`;
}
