/** The first step of an erasure: once it commits, nobody sees anything of the contact. Housekeeping does the rest. */
import type { Erasure } from '../../contract/personal-data.ts';
import type { ContactId, MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Change } from '../event-log.ts';
import { goneThread } from '../merging/changes.ts';
import { loadChanged } from '../threads/changes.ts';

/** The longest that a raw webhook is kept: 7 days, plus up to a day because whole daily partitions are dropped. */
const KEPT_MS = 8 * 24 * 3_600_000;

interface ErasureRow extends Omit<Erasure, 'erasedFullyBy' | 'requestedAt' | 'finishedAt'> {
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

/** Null if no erasure was requested. Index: erasures primary key. Lock: none. */
export async function selectErasure(tx: Tx, tenantId: TenantId, contactId: ContactId): Promise<Erasure | null> {
  const [row] = await tx<ErasureRow[]>`
    select contact_id as "contactId", requested_at as "requestedAt", finished_at as "finishedAt", stage, messages
    from erasures where tenant_id = ${tenantId} and contact_id = ${contactId} and not by_term`;
  if (row === undefined) return null;
  const { requestedAt, finishedAt } = row;
  return {
    ...row,
    requestedAt: requestedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    erasedFullyBy: new Date(requestedAt.getTime() + KEPT_MS).toISOString(),
  };
}

/**
 * The name that `confirm` is compared with; null if there is no such contact. Index: contacts primary key. Lock: none.
 */
export async function selectName(tx: Tx, tenantId: TenantId, contactId: ContactId): Promise<string | null> {
  const [row] = await tx<{ name: string }[]>`
    select display_name as name from contacts where tenant_id = ${tenantId} and id = ${contactId}`;
  return row?.name ?? null;
}

/** Guards against mistakes: the caller must name the contact, by name or by id. */
export function isConfirmed(confirm: string, contact: { readonly id: ContactId; readonly name: string }): boolean {
  return confirm === contact.id || confirm.trim() === contact.name.trim();
}

/**
 * The caller has locked the contact and its threads, and none of their messages is being sent. Returns the changes to
 * log, which make every screen drop the conversations. Indexes, and what else it does: sql/functions/begin_erasure.sql.
 */
export async function beginErasure(tx: Tx, tenantId: TenantId, contactId: ContactId): Promise<Change[]> {
  const threads = await tx<{ id: ThreadId; assigneeId: MemberId | null }[]>`
    select b.thread_id as id, b.assignee_id as "assigneeId" from begin_erasure(${tenantId}, ${contactId}) b order by 1`;
  return [
    ...threads.map((thread) => goneThread(tenantId, thread)),
    ...loadChanged(
      tenantId,
      threads.map(({ assigneeId }) => assigneeId),
    ),
  ];
}
