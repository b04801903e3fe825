/** The first step of an erasure: from its commit on nobody sees anything of the contact. The rest is housekeeping's. */
import type { Erasure } from '../../contract/personal-data.ts';
import type { ContactId, MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Change } from '../event-log.ts';
import { goneThread } from '../merging/changes.ts';
import { loadChanged } from '../threads/changes.ts';

/** The longest that a raw webhook is kept, with the day of its partition. */
const KEPT_MS = 8 * 24 * 3_600_000;

interface ErasureRow extends Omit<Erasure, 'erasedFullyBy' | 'requestedAt' | 'finishedAt'> {
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

/** Null where it was never asked for. Index: erasures primary key. Lock: none. */
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

/** What `confirm` is compared with. Index: contacts primary key. Lock: none. */
export async function selectName(tx: Tx, tenantId: TenantId, contactId: ContactId): Promise<string | null> {
  const [row] = await tx<{ name: string }[]>`
    select display_name as name from contacts where tenant_id = ${tenantId} and id = ${contactId}`;
  return row?.name ?? null;
}

/** No slip erases: who asks says whom they mean, by name or by id. */
export function isConfirmed(confirm: string, contact: { readonly id: ContactId; readonly name: string }): boolean {
  return confirm === contact.id || confirm.trim() === contact.name.trim();
}

/**
 * The contact and its threads are locked, and nothing of theirs is on its way to the carrier. Returns what to log: every
 * screen drops the conversations. Indexes and further steps: sql/functions/begin_erasure.sql.
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
