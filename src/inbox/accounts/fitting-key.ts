/** Whether ENCRYPTION_KEY is that of this database. */
import type { EncryptionKey } from '../../platform/crypto.ts';
import type { Database, Sql } from '../../platform/postgres.ts';

interface Counted {
  readonly stored: number;
  readonly fitting: number;
}

/**
 * A sentence if there are numbers with stored credentials and these keys open those of none; otherwise null. Numbers
 * out of use do not count. Rejects as Database calls do.
 */
export async function unfittingKey(db: Database, keys: readonly EncryptionKey[]): Promise<string | null> {
  const ids = keys.map(({ id }) => id);
  const { stored, fitting } = await db.run('accounts.fitting_key', (sql) => countFitting(sql, ids));
  if (stored === 0 || fitting > 0) return null;
  return `ENCRYPTION_KEY opens the credentials of none of the ${String(stored)} numbers that have any: it is not the key they were encrypted with.`;
}

/** `v1.<key id>.…`: see `encrypt`. Reads the whole of whatsapp_accounts, as a directory does every 5 s; no locks. */
async function countFitting(sql: Sql, keyIds: readonly string[]): Promise<Counted> {
  const [row] = await sql<Counted[]>`
    select count(*)::int as stored, (count(*) filter (where key_id = any(${keyIds}::text[])))::int as fitting
    from (
      select split_part(encode(coalesce(token_ciphertext, secret_ciphertext), 'escape'), '.', 2) as key_id
      from whatsapp_accounts
      where disabled_at is null and coalesce(token_ciphertext, secret_ciphertext) is not null
    ) sealed`;
  return row ?? { stored: 0, fitting: 0 };
}
