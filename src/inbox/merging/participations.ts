/** What contacts said, chose and reacted in others' threads, that is in groups: it follows a merge and its undo. */
import type { MemberId, MergeId, MessageId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Change } from '../event-log.ts';
import { MAX_MOVED_EVENTS, renewedThread } from './changes.ts';

/** A message in somebody else's thread that now names the other contact. */
interface Participation {
  readonly id: MessageId;
  readonly threadId: ThreadId;
  readonly assigneeId: MemberId | null;
}

/**
 * Moves what the merged contact has in others' threads to the surviving one, and records it. Those threads are locked.
 * Index: messages_by_participant, reactions_by_contact, poll_votes_by_contact. Returns what to log.
 */
export async function mergeParticipations(tx: Tx, tenantId: TenantId, mergeId: MergeId): Promise<Change[]> {
  await tx`select merge_participations(${tenantId}, ${mergeId})`;
  return changesOf(tenantId, await selectParticipations(tx, tenantId, mergeId));
}

/**
 * Moves it back, in its current state. Those threads are locked. Index: merged_participations primary key. Returns what
 * to log.
 */
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

/** One by one, or a reload of their threads if there are many. */
function changesOf(tenantId: TenantId, changed: readonly Participation[]): Change[] {
  if (changed.length <= MAX_MOVED_EVENTS) {
    return changed.map(({ id, threadId, assigneeId }) => {
      return { tenantId, type: 'message.updated', id, threadId, before: assigneeId };
    });
  }
  const threads = new Map(changed.map(({ threadId, assigneeId }) => [threadId, assigneeId]));
  return [...threads].flatMap(([id, assigneeId]) => renewedThread(tenantId, { id, assigneeId }));
}
