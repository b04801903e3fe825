/** Who may merge and separate contacts: members who may work on every conversation of them. */
import { InboxError } from '../../contract/errors.ts';
import type { ContactId } from '../../contract/ids.ts';
import type { CommandContext } from '../command.ts';
import { canSeeThread, canWriteThread, threadScope } from '../team/ability.ts';
import { isSending, lockContacts, lockThreadsOf, type ContactRow, type OwnedThread } from './queries.ts';

/** Contacts with all their threads, locked until the transaction ends. */
export interface Held {
  readonly contacts: readonly ContactRow[];
  readonly threads: readonly OwnedThread[];
}

/** The refusal for a contact that does not exist or whose conversations the caller may not see. */
function contactNotFound(): InboxError {
  return new InboxError('not_found', 'There is no such contact.');
}

/**
 * Locks and authorises. Throws not_found for a contact of whom the caller sees no conversation, forbidden if some
 * conversations are other members', conflict while a message to them is on its way to the carrier.
 */
export async function holdContacts(context: CommandContext, ids: readonly ContactId[]): Promise<Held> {
  const { tx, caller } = context;
  const contacts = await lockContacts(tx, caller.tenantId, ids);
  const threads = await lockThreadsOf(tx, caller.tenantId, ids);
  for (const id of ids) authorise(context, contacts, { id, threads });
  const threadIds = threads.map((thread) => thread.id);
  if (await isSending(tx, caller.tenantId, threadIds)) {
    throw new InboxError('conflict', 'A message to this contact is being sent. Try again in a moment.');
  }
  return { contacts, threads };
}

function authorise(
  { ability }: CommandContext,
  contacts: readonly ContactRow[],
  { id, threads }: { readonly id: ContactId; readonly threads: readonly OwnedThread[] },
): void {
  const own = threads.filter((thread) => thread.contactId === id);
  const seesAll = threadScope(ability).all;
  const known = contacts.some((contact) => contact.id === id);
  if (!known || (!seesAll && !own.some((thread) => canSeeThread(ability, thread.assigneeId)))) throw contactNotFound();
  if (!own.every((thread) => canWriteThread(ability, thread.assigneeId))) {
    throw new InboxError('forbidden', 'Others work on conversations of this contact. Ask a manager.');
  }
}
