/** `account:list`: all numbers of the tenant with what only administrators see. */
import type { AccountDetails } from '../../contract/accounts.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AnySql } from '../../platform/postgres.ts';
import type { Command, CommandContext } from '../command.ts';
import type { CapabilityMap } from './accounts.ts';

/** Throws forbidden for callers who do not manage accounts. */
export function assertManager({ ability }: CommandContext): void {
  if (!ability.can('manage', 'Accounts'))
    throw new InboxError('forbidden', 'Only administrators manage WhatsApp numbers.');
}

/** Disabled ones too. Index: whatsapp_accounts primary key, account_upkeep primary key. Lock: none. */
export async function selectDetails(sql: AnySql, tenantId: string): Promise<AccountDetails[]> {
  return await sql<AccountDetails[]>`
    select e.entity as account, a.external_id as "externalId", a.api_base_url as "apiBaseUrl", a.account_sid as "accountSid",
      a.business_id as "businessId", a.read_receipts as "readReceipts", a.coexistence,
      cardinality(a.secret_fingerprints) as secrets, a.has_token as "hasAccessToken", u.health,
      iso(u.checked_at) as "checkedAt", iso(u.reconciled_at) as "reconciledAt", iso(u.templates_synced_at) as "templatesSyncedAt",
      iso(a.disabled_at) as "disabledAt", iso(a.created_at) as "createdAt"
    from whatsapp_accounts a
    join account_entities e on e.tenant_id = a.tenant_id and e.id = a.id
    left join account_upkeep u on u.tenant_id = a.tenant_id and u.account_id = a.id
    where a.tenant_id = ${tenantId} order by a.created_at, a.id`;
}

/** Throws forbidden. */
export function listDetails(capabilities: CapabilityMap): Command<'account:list'> {
  return {
    name: 'account:list',
    access: 'read',
    async run(context) {
      assertManager(context);
      const rows = await selectDetails(context.tx, context.caller.tenantId);
      const items = rows.map((row) => ({
        ...row,
        account: { ...row.account, capabilities: capabilities[row.account.provider] },
      }));
      return { data: { items } };
    },
  };
}
