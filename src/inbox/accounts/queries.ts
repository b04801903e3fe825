/** Statements over whatsapp_accounts for processes that serve all tenants. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import type { Database } from '../../platform/postgres.ts';

/** What the directory needs to know of an account. */
export interface DirectoryRow {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly provider: ProviderName;
  readonly externalId: string;
  readonly accountSid: string | null;
  readonly secretCiphertext: Buffer | null;
  readonly fingerprints: readonly string[];
  readonly disabled: boolean;
  /** When its business was erased, if the erasure disabled it; null: it did not. */
  readonly erasedAtMs: number | null;
}

/** All accounts, oldest first. Reads the whole table (thousands of rows at most); tenant_erasures primary key; locks nothing. */
export async function listDirectory(db: Database, deadlineMs: number): Promise<readonly DirectoryRow[]> {
  return await db.run(
    'accounts.directory',
    (sql) => sql<DirectoryRow[]>`
      select a.tenant_id as "tenantId", a.id as "accountId", a.provider, a.external_id as "externalId",
        a.account_sid as "accountSid", a.secret_ciphertext as "secretCiphertext", a.secret_fingerprints as fingerprints,
        a.disabled_at is not null as disabled, (extract(epoch from e.requested_at) * 1000)::float8 as "erasedAtMs"
      from whatsapp_accounts a
      left join tenant_erasures e on e.tenant_id = a.tenant_id and a.disabled_at >= e.requested_at
      order by a.created_at, a.id`,
    { deadlineMs },
  );
}
