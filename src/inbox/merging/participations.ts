/** What contacts said, chose and reacted in others' threads, which is in groups: it goes along with a merge and its undo. */
import type { MemberId, MergeId, MessageId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Change } from '../event-log.ts';
import { MAX_MOVED_EVENTS, renewedThread } from './changes.ts';

/** A message in somebody else's thread that names the other contact now. */
interface Participation {
  readonly id: MessageId;
  readonly threadId: ThreadId;
  readonly assigneeId: MemberId | null;
}

/**
 * Gives what the merged contact has in others' threads to the surviving one, and writes it down. Those threads are locked.
 * Index: messages_by_participant, reactions_by_contact, poll_votes_by_contact. Returns what to log.
 */
export async function mergeParticipations(tx: Tx, tenantId: TenantId, mergeId: MergeId): Promise<Change[]> {
  await tx`select merge_participations(${tenantId}, ${mergeId})`;
  return changesOf(tenantId, await selectParticipations(tx, tenantId, mergeId));
}

/** Gives it back, as it is by now. Those threads are locked. Index: merged_participations primary key. Returns what to log. */
export async function unmergeParticipations(tx: Tx, tenantId: TenantId, mergeId: MergeId): Promise<Change[]> {
  await tx`
    select give_participations(g, g.into_contact_id, g.from_contact_id) from contact_merges g
    where g.tenant_id = ${tenantId} and g.id = ${mergeId}`;
  const changed = await selectParticipations(tx, tenantId, mergeId);
  await tx`delete from merged_participations where tenant_id = ${tenantId} and merge_id = ${mergeId}`;
  return changesOf(tenantId, changed);
}

/** Each message once. Index: merged_participations, messages and threads primary keys. Lock: none. */
async function selectParticipations(tx: Tx, tenantId: TenantId, mergeId: MergeId): Promise<Participation[]> {
  return await tx<Participation[]>`
    select distinct m.id, m.thread_id as "threadId", t.assignee_id as "assigneeId" from merged_participations p
    join messages m on m.tenant_id = p.tenant_id and m.id = p.message_id
    join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
    where p.tenant_id = ${tenantId} and p.merge_id = ${mergeId}
    order by m.thread_id, m.id`;
}

/** Message by message, or where they are many, their threads anew. */
function changesOf(tenantId: TenantId, changed: readonly Participation[]): Change[] {
  if (changed.length <= MAX_MOVED_EVENTS) {
    return changed.map(({ id, threadId, assigneeId }) => {
      return { tenantId, type: 'message.updated', id, threadId, before: assigneeId };
    });
  }
  const threads = new Map(changed.map(({ threadId, assigneeId }) => [threadId, assigneeId]));
  return [...threads].flatMap(([id, assigneeId]) => renewedThread(tenantId, { id, assigneeId }));
}
