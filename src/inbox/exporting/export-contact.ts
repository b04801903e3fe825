/** `contact:export`: everything stored about a customer, for people who ask what a business knows about them. */
import { InboxError } from '../../contract/errors.ts';
import type { Command } from '../command.ts';
import { invalidField } from '../input.ts';
import { canManageContacts } from '../team/ability.ts';
import { selectExported } from './export-queries.ts';
import { BEGINNING, exportPage, parseCursor } from './page.ts';

const DEFAULT_PAGE = 100;

/**
 * It is a write only because its first page adds an entry to the audit log. Throws forbidden, not_found, invalid_input.
 */
export const exportContact: Command<'contact:export'> = {
  name: 'contact:export',
  access: 'write',
  async run({ tx, caller, ability }, { contactId, after, limit = DEFAULT_PAGE }) {
    const { tenantId } = caller;
    const from = after === undefined ? BEGINNING : parseCursor(after);
    if (from === null) throw invalidField('after', 'is not the cursor of a page');
    if (!canManageContacts(ability)) throw new InboxError('forbidden', 'Only administrators export contacts.');
    if ((await selectExported(tx, tenantId, contactId)) === null)
      throw new InboxError('not_found', 'There is no such contact.');
    return {
      data: await exportPage(tx, { tenantId, contactId }, { from, limit }),
      audit: after === undefined ? [{ action: 'contact.exported', subjectType: 'contact', subjectId: contactId }] : [],
    };
  },
};
