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
}

/** All accounts, oldest first. Reads the whole table (thousands of rows at most); locks nothing. */
export async function listDirectory(db: Database, deadlineMs: number): Promise<readonly DirectoryRow[]> {
  return await db.run(
    'accounts.directory',
    (sql) => sql<DirectoryRow[]>`
      select tenant_id as "tenantId", id as "accountId", provider, external_id as "externalId", account_sid as "accountSid",
        secret_ciphertext as "secretCiphertext", secret_fingerprints as fingerprints, disabled_at is not null as disabled
      from whatsapp_accounts order by created_at, id`,
    { deadlineMs },
  );
}
