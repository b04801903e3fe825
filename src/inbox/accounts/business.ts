/**
 * Webhooks that name a business account instead of a number: which numbers they concern, and what they say about them.
 */
import { asName } from '../../lib/loose.ts';
import { asJson, type Sql } from '../../platform/postgres.ts';
import type { OtherEvent } from '../../providers/inbound.ts';
import { GLOBAL_AUTH } from './known-accounts.ts';
import type { Told } from './state.ts';
import type { Verdict } from './verdict.ts';
import type { AccountKey } from './writes.ts';

/** A webhook about a business account. `auth`: what proved it. */
export interface BusinessNews {
  readonly businessId: string;
  readonly auth: string;
  readonly event: OtherEvent;
}

/**
 * The numbers that each webhook is about: those of the business account for which its proof counts, or only the one
 * with this phone if the event names one. `n`: index into `news`. Index: whatsapp_accounts_by_business. Lock: none.
 */
export async function selectOfBusiness(
  sql: Sql,
  news: readonly BusinessNews[],
): Promise<(AccountKey & { readonly n: number })[]> {
  const asked = news.map(({ businessId, auth, event }, n) => ({
    n,
    businessId,
    auth,
    phone: asName(event.fields['display_phone_number'], 32),
  }));
  return await sql<(AccountKey & { readonly n: number })[]>`
    select j.n, of.tenant_id as "tenantId", of.id as "accountId"
    from json_to_recordset(${asJson(sql, asked)}) as j (n int, "businessId" text, auth text, phone text)
    cross join lateral (
      select a.tenant_id, a.id from whatsapp_accounts a
      where a.business_id = j."businessId" and a.provider = 'cloud' and a.disabled_at is null
        and case when a.secret_fingerprints = '{}' then j.auth = ${GLOBAL_AUTH} else j.auth = any (a.secret_fingerprints) end
        and (j.phone is null or a.phone is null or a.phone = j.phone)
      order by a.tenant_id, a.id limit 100) of
    order by j.n`;
}

/** Stores what a webhook that names both number and business account reveals. Index: whatsapp_accounts primary key. */
export async function noteBusiness(sql: Sql, { tenantId, accountId }: AccountKey, businessId: string): Promise<void> {
  await sql`
    update whatsapp_accounts set business_id = ${businessId}
    where tenant_id = ${tenantId} and id = ${accountId} and business_id is null`;
}

const BACK: Verdict = { state: 'connected', reason: null };

/** Events of Meta that change the state of a number; all others change none. */
const SAID = new Map<string, Verdict>([
  [
    'DISABLED_UPDATE',
    { state: 'disconnected', reason: 'Meta has disabled the business account: appeal in the Business Manager.' },
  ],
  ['ACCOUNT_DELETED', { state: 'reauth', reason: 'The WhatsApp Business Account was deleted.' }],
  ['ACCOUNT_RESTRICTION', { state: 'degraded', reason: 'Meta restricts what this business account may send.' }],
  [
    'ACCOUNT_VIOLATION',
    { state: 'degraded', reason: 'Meta reports a violation of its policies: see the Business Manager.' },
  ],
  ['ACCOUNT_OFFBOARDED', { state: 'reauth', reason: 'The number was taken away from this app: connect it again.' }],
  [
    'PARTNER_REMOVED',
    { state: 'reauth', reason: 'The business has taken its permission back: connect the number again.' },
  ],
  [
    'PARTNER_APP_UNINSTALLED',
    { state: 'reauth', reason: 'The business has removed this app: connect the number again.' },
  ],
  ['FLAGGED', { state: 'degraded', reason: 'Meta has flagged this number because of its quality.' }],
  ['DOWNGRADE', { state: 'degraded', reason: 'Meta has lowered how many conversations this number may begin.' }],
  ['ACCOUNT_RECONNECTED', BACK],
  ['PARTNER_ADDED', BACK],
  ['PARTNER_APP_INSTALLED', BACK],
  ['UNFLAGGED', BACK],
  ['UPGRADE', BACK],
]);

/** The change of a number's state in a webhook about its business account; null if there is none. */
export function businessTold(account: AccountKey, event: OtherEvent): Told | null {
  const verdict = SAID.get(asName(event.fields['event'], 128) ?? '');
  return verdict === undefined ? null : { ...account, verdict, hold: verdict !== BACK, usedAt: null };
}
