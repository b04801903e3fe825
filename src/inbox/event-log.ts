/** Appends changes to the tenant's durable event log, numbered under a lock held to commit. */
import type { EventType } from '../contract/events.ts';
import type { TenantId } from '../contract/ids.ts';
import { asJson, type Statement, type Tx } from '../platform/postgres.ts';
import type { Fragment } from './fragments.ts';

/** A change of an entity. The event's data is the whole entity, read when the change is logged. */
export interface Change {
  readonly tenantId: TenantId;
  readonly type: EventType | 'tenant.updated' | 'sessions.ended';
  /** Id of the thread, message, note, member, account or saved reply. */
  readonly id: string;
  /** The thread that decides who may see the event; null for what belongs to the team. */
  readonly threadId: string | null;
  /** Assignee before this change; null is unassigned. */
  readonly before: string | null;
  readonly created?: boolean;
}

/** The result of a command that equals the data of one of its changes' events, for instance `{ message }`. */
export class AsLogged {
  readonly change: Change;
  constructor(change: Change) {
    this.change = change;
  }

  /** The change's index among its command's changes. Throws if it is missing: then the handler has a defect. */
  placeIn(changes: readonly Change[]): number {
    const { type, id } = this.change;
    const place = changes.indexOf(this.change);
    if (place < 0) throw new Error(`A command answers ${type} ${id}, which is none of its changes.`);
    return place;
  }
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
 * Numbers and stores changes, in the given order. Must be the last write of its transaction: it locks the tenant's
 * counter row until commit (lock order: sql/README.md). Index: tenant_logs primary key.
 */
export async function logChanges(tx: Tx, changes: readonly Change[]): Promise<LoggedEvent[]> {
  return changes.length === 0 ? [] : await logStatement(tx, changes).execute();
}

/** The statement of logChanges, not sent yet. */
export function logStatement(tx: Tx, changes: readonly Change[]): Statement<LoggedEvent[]> {
  return tx<LoggedEvent[]>`
    select ${loggedColumns(tx)} from log_changes(${changeList(tx, changes)}) l
    order by l.tenant_id, l.seq`;
}

/** The columns of a LoggedEvent, from the result `l` of `log_changes`. */
export function loggedColumns(tx: Tx): Fragment {
  return tx`l.tenant_id as "tenantId", l.epoch, l.seq, l.type, l.received_at_ms as "receivedAtMs", l.event::text as event`;
}

/** Changes as an array of the SQL type `change`. */
export function changeList(tx: Tx, changes: readonly Change[]): Fragment {
  const rows = changes.map((change, index) => ({
    ord: index,
    tenant_id: change.tenantId,
    type: change.type,
    id: change.id,
    thread_id: change.threadId,
    before: change.before,
    created: change.created ?? false,
  }));
  return tx`array(select c from json_populate_recordset(null::change, ${asJson(tx, rows)}) c)`;
}
