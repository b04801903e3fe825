/** `contact:merge`: a member states that two contacts are one person. */
import type { ContactId, MergeId } from '../../contract/ids.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { Command, CommandContext } from '../command.ts';
import type { Change } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { sendJob } from '../messages/send-job.ts';
import { loadChanged } from '../threads/changes.ts';
import { holdContacts } from './access.ts';
import { changedThread, filledThread, goneThread, MAX_MOVED_EVENTS, renewedThread } from './changes.ts';
import { mergeParticipations } from './participations.ts';
import {
  mergeContacts,
  selectContactEntity,
  selectMovedMessages,
  selectMovedNotes,
  selectThreadEntities,
  type OwnedThread,
} from './queries.ts';

/**
 * Moves addresses and conversations of one contact to the other. Two conversations with the same number become one;
 * messages keep their ids and order. Locks both contacts, then all threads that belong to them or in which they take
 * part. Throws not_found, forbidden, conflict (holdContacts), invalid_input for groups and for one contact given twice.
 */
export const mergeContact: Command<'contact:merge'> = {
  name: 'contact:merge',
  access: 'write',
  async run(context, { contactId: from, intoContactId: into }) {
    const { tx, caller } = context;
    const { tenantId, memberId } = caller;
    if (from === into) throw invalidField('intoContactId', 'must be another contact');
    const { contacts, threads } = await holdContacts(context, [from, into]);
    if (contacts.some(({ isGroup }) => isGroup)) throw invalidField('contactId', 'a group cannot be merged');
    if (contacts.some(({ mergedInto }) => mergedInto !== null))
      throw invalidField('contactId', 'has been merged already');
    const mergeId = uuid7() as MergeId;
    await mergeContacts(tx, tenantId, { id: mergeId, from, into, memberId });
    const elsewhere = await mergeParticipations(tx, tenantId, mergeId);
    const [contact, shown] = [
      await selectContactEntity(tx, tenantId, into),
      await selectThreadEntities(tx, tenantId, into),
    ];
    return {
      data: { mergeId, contact, threads: shown },
      changes: [...(await changesOf(context, { mergeId, threads, into })), ...elsewhere],
      jobs: shown.map((thread) => sendJob(tenantId, thread, 'agent')),
      audit: [{ action: 'contact.merged', subjectType: 'contact', subjectId: from, details: { into, mergeId } }],
    };
  },
};

/** `threads` as they were before. */
interface Merged {
  readonly mergeId: MergeId;
  readonly threads: readonly OwnedThread[];
  readonly into: ContactId;
}

async function changesOf({ tx, caller }: CommandContext, { mergeId, threads, into }: Merged): Promise<Change[]> {
  const { tenantId } = caller;
  const messages = await selectMovedMessages(tx, tenantId, mergeId, MAX_MOVED_EVENTS + 1);
  const notes = await selectMovedNotes(tx, tenantId, mergeId);
  const survivors = threads.filter(({ contactId }) => contactId === into);
  const sources = threads.filter(({ contactId }) => contactId !== into);
  const hasTwin = (thread: OwnedThread, others: readonly OwnedThread[]): boolean =>
    others.some(({ accountId }) => accountId === thread.accountId);
  return [
    ...sources.flatMap((source) =>
      hasTwin(source, survivors) ? [goneThread(tenantId, source)] : renewedThread(tenantId, source),
    ),
    ...survivors.flatMap((target) =>
      hasTwin(target, sources)
        ? filledThread(tenantId, target, { messages, notes })
        : [changedThread(tenantId, target)],
    ),
    ...loadChanged(
      tenantId,
      threads.map(({ assigneeId }) => assigneeId),
    ),
  ];
}
