/** `contact:unmerge`: separates two contacts that were merged by mistake. */
import { InboxError } from '../../contract/errors.ts';
import type { TenantId, ThreadId } from '../../contract/ids.ts';
import type { Command } from '../command.ts';
import type { Change } from '../event-log.ts';
import { sendJob } from '../messages/send-job.ts';
import { loadChanged } from '../threads/changes.ts';
import { holdContacts } from './access.ts';
import { changedThread, newThread, renewedThread } from './changes.ts';
import { unmergeParticipations } from './participations.ts';
import {
  lockMerge,
  lockThreadsOf,
  selectContactEntity,
  selectThreadEntities,
  unmergeContacts,
  type MergeRow,
  type OwnedThread,
} from './queries.ts';

/**
 * Each contact gets back its addresses, conversations, messages and notes; messages that came after the merge stay with
 * the surviving contact. Locks the merge, both contacts, then the surviving one's threads. Throws not_found, forbidden,
 * conflict if it was undone already or the surviving contact itself has been merged since.
 */
export const unmergeContact: Command<'contact:unmerge'> = {
  name: 'contact:unmerge',
  access: 'write',
  async run(context, { mergeId }) {
    const { tx, caller } = context;
    const { tenantId } = caller;
    const merge = await lockMerge(tx, tenantId, mergeId);
    if (merge === null) throw new InboxError('not_found', 'There is no such merge.');
    const { contacts, threads } = await holdContacts(context, [merge.intoContactId]);
    if (merge.undone) throw new InboxError('conflict', 'This merge has been undone already.');
    if (contacts.some(({ mergedInto }) => mergedInto !== null)) {
      throw new InboxError('conflict', 'The contact has been merged into another since. Undo that merge first.');
    }
    await unmergeContacts(tx, tenantId, mergeId);
    const elsewhere = await unmergeParticipations(tx, tenantId, mergeId);
    const restored = await lockThreadsOf(tx, tenantId, [merge.fromContactId]);
    const contact = await selectContactEntity(tx, tenantId, merge.fromContactId);
    const shown = await selectThreadEntities(tx, tenantId, merge.fromContactId);
    const details = { into: merge.intoContactId, mergeId };
    return {
      data: { contact, threads: shown },
      changes: [...changesOf(tenantId, merge, { before: threads, restored }), ...elsewhere],
      jobs: [...threads, ...restored].map((thread) => sendJob(tenantId, thread, 'agent')),
      audit: [{ action: 'contact.unmerged', subjectType: 'contact', subjectId: merge.fromContactId, details }],
    };
  },
};

/** The surviving contact's threads as they were before, and the other's as they are now. */
interface Apart {
  readonly before: readonly OwnedThread[];
  readonly restored: readonly OwnedThread[];
}

function changesOf(tenantId: TenantId, merge: MergeRow, { before, restored }: Apart): Change[] {
  const emptied = new Set<ThreadId>([...merge.folded.map(({ target }) => target), ...merge.moved]);
  const sources = new Set<ThreadId>(merge.folded.map(({ source }) => source));
  return [
    ...before.flatMap((thread) =>
      emptied.has(thread.id) ? renewedThread(tenantId, thread) : [changedThread(tenantId, thread)],
    ),
    ...restored.filter(({ id }) => sources.has(id)).map((thread) => newThread(tenantId, thread)),
    ...loadChanged(
      tenantId,
      [...before, ...restored].map(({ assigneeId }) => assigneeId),
    ),
  ];
}
