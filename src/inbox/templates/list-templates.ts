/** `template:list`: the templates that agents choose from. */
import { InboxError } from '../../contract/errors.ts';
import { selectAccount } from '../accounts/accounts.ts';
import type { Command, CommandContext } from '../command.ts';
import { selectTemplates } from './queries.ts';

const MAX_LISTED = 500;

/** Allows members who answer customers or manage numbers. Throws forbidden. */
function assertUser({ ability }: CommandContext): void {
  if (ability.can('read', 'Thread') || ability.can('manage', 'Accounts')) return;
  throw new InboxError('forbidden', 'Only members who answer customers use templates.');
}

/** Approved ones first, at most 500. Throws forbidden, not_found. */
export const listTemplates: Command<'template:list'> = {
  name: 'template:list',
  access: 'read',
  async run(context, { accountId, q = '' }) {
    assertUser(context);
    const { tx, caller } = context;
    const { tenantId } = caller;
    if ((await selectAccount(tx, tenantId, accountId)) === null)
      throw new InboxError('not_found', 'There is no such WhatsApp number.');
    const [row] = await tx<{ syncedAt: string | null }[]>`
      select iso(u.templates_synced_at) as "syncedAt" from account_upkeep u
      where u.tenant_id = ${tenantId} and u.account_id = ${accountId}`;
    const items = await selectTemplates(tx, { tenantId, accountId }, { q, limit: MAX_LISTED });
    return { data: { items, syncedAt: row?.syncedAt ?? null } };
  },
};
