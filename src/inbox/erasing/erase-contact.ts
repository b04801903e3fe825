/** `contact:erase`: erases everything that is stored about a customer. */
import type { ContactId } from '../../contract/ids.ts';
import { InboxError } from '../../contract/errors.ts';
import type { Erasure } from '../../contract/personal-data.ts';
import type { Command, CommandContext } from '../command.ts';
import { invalidField } from '../input.ts';
import { holdContacts } from '../merging/access.ts';
import { canManageContacts } from '../team/ability.ts';
import { beginErasure, isConfirmed, selectErasure, selectName } from './begin.ts';

/**
 * If the erasure was requested before, returns its progress. Locks the contact and its threads. Throws forbidden,
 * not_found, invalid_input if `confirm` is neither the contact's name nor its id, and conflict while one of their
 * messages is being sent.
 */
export const eraseContact: Command<'contact:erase'> = {
  name: 'contact:erase',
  access: 'write',
  async run(context, { contactId, confirm }) {
    const { tx, caller, ability } = context;
    const { tenantId } = caller;
    if (!canManageContacts(ability)) throw new InboxError('forbidden', 'Only administrators erase contacts.');
    const known = await selectErasure(tx, tenantId, contactId);
    if (known !== null) return { data: { erasure: known } };
    await hold(context, contactId, confirm);
    const begun = await selectErasure(tx, tenantId, contactId);
    if (begun !== null) return { data: { erasure: begun } };
    const changes = await beginErasure(tx, tenantId, contactId);
    return {
      data: { erasure: await erasureOf(context, contactId) },
      changes,
      audit: [{ action: 'contact.erased', subjectType: 'contact', subjectId: contactId }],
    };
  },
};

async function hold(context: CommandContext, contactId: ContactId, confirm: string): Promise<void> {
  const { tx, caller } = context;
  const { contacts } = await holdContacts(context, [contactId]);
  const name = await selectName(tx, caller.tenantId, contactId);
  const isMerged = contacts.some(({ mergedInto }) => mergedInto !== null && mergedInto !== contactId);
  if (name === null || isMerged) throw new InboxError('not_found', 'There is no such contact.');
  if (contacts.some(({ mergedInto }) => mergedInto === contactId)) return;
  if (!isConfirmed(confirm, { id: contactId, name }))
    throw invalidField('confirm', 'must be the name or the id of the contact');
}

async function erasureOf({ tx, caller }: CommandContext, contactId: ContactId): Promise<Erasure> {
  const erasure = await selectErasure(tx, caller.tenantId, contactId);
  if (erasure === null) throw new Error('An erasure that was begun has gone.');
  return erasure;
}
