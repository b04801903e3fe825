/** Credentials and address for calls to carriers, per account: read from Postgres, cached for half a minute. */
import type { ReadReceipts } from '../../../contract/accounts.ts';
import type { ProviderName } from '../../../contract/entities.ts';
import type { AccountId, TenantId } from '../../../contract/ids.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Database, Sql } from '../../../platform/postgres.ts';
import type { Provider } from '../../../providers/provider.ts';
import type { Credentials } from '../../../providers/sending.ts';

/**
 * If `problem` is set this number cannot send at all; its text is for an administrator. Holds a credential: never log
 * it.
 */
export interface SendingAccount {
  readonly provider: Provider;
  readonly credentials: Credentials;
  readonly problem: string | null;
  /** When customers are told that messages were read. */
  readonly readReceipts: ReadReceipts;
  /** The WhatsApp Business app sends with this number as well. */
  readonly coexistence: boolean;
  /** When the current credential was stored, as Postgres writes it; tells whether a refused one is still in use. */
  readonly credentialAt: string;
}

/** A provider's address unless the account names one, and the token if the account has none. */
export interface ProviderDefaults {
  readonly baseUrl: string | null;
  readonly token: string | null;
  /** Our webhook address, for a provider that needs it with each message. */
  readonly webhookUrl?: string | null;
}

/** `db` is connected as the owner, because the members' role may not read the token. */
export interface AccountBookOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly providerNamed: (name: ProviderName) => Provider | undefined;
  readonly defaults: Readonly<Record<ProviderName, ProviderDefaults>>;
  /** Decrypts `token_ciphertext`; throws if it cannot. */
  readonly openToken: (stored: Buffer, accountId: string) => string;
}

/** How long a worker may still use a credential that was replaced. */
export const KEPT_MS = 30_000;
const MAX_KEPT = 5000;

interface AccountRow {
  readonly provider: ProviderName;
  readonly externalId: string;
  readonly accountSid: string | null;
  readonly businessId: string | null;
  readonly apiBaseUrl: string | null;
  readonly token: Buffer | null;
  readonly credentialAt: string;
  readonly disabled: boolean;
  readonly readReceipts: ReadReceipts;
  readonly coexistence: boolean;
}

/** Caches answers for 30 s. One per process. */
export class AccountBook {
  readonly #options: AccountBookOptions;
  readonly #kept = new Map<string, { readonly account: SendingAccount; readonly untilMs: number }>();

  constructor(options: AccountBookOptions) {
    this.#options = options;
  }

  /** Null if the account or its provider does not exist. Rejects for infrastructure errors. */
  async find(tenantId: TenantId, accountId: AccountId): Promise<SendingAccount | null> {
    const nowMs = this.#options.clock.nowMs();
    const kept = this.#kept.get(accountId);
    if (kept !== undefined && kept.untilMs > nowMs) return kept.account;
    const row = await this.#options.db.run('dispatch.account', (sql) => findAccount(sql, tenantId, accountId));
    const account = row === undefined ? null : this.#assemble(row, accountId);
    if (account === null) return null;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    this.#kept.set(accountId, { account, untilMs: nowMs + KEPT_MS });
    return account;
  }

  /** Makes the next `find` read Postgres. */
  forget(accountId: AccountId): void {
    this.#kept.delete(accountId);
  }

  #assemble(row: AccountRow, accountId: AccountId): SendingAccount | null {
    const provider = this.#options.providerNamed(row.provider);
    if (provider === undefined) return null;
    const defaults = this.#options.defaults[row.provider];
    const baseUrl = row.apiBaseUrl ?? defaults.baseUrl;
    const token = row.token === null ? defaults.token : this.#open(row.token, accountId);
    return {
      provider,
      credentials: {
        baseUrl: baseUrl ?? '',
        externalId: row.externalId,
        accessToken: token ?? '',
        accountSid: row.accountSid,
        businessId: row.businessId,
        webhookUrl: defaults.webhookUrl ?? null,
      },
      problem: problemOf(row, baseUrl, token),
      readReceipts: row.readReceipts,
      coexistence: row.coexistence,
      credentialAt: row.credentialAt,
    };
  }

  #open(stored: Buffer, accountId: AccountId): string | null {
    try {
      return this.#options.openToken(stored, accountId);
    } catch {
      // Reported to the administrator as the account's problem: the key does not fit.
      return null;
    }
  }
}

function problemOf(row: AccountRow, baseUrl: string | null, token: string | null): string | null {
  if (row.disabled) return 'This number was removed from the inbox.';
  if (baseUrl === null) return 'No server address is configured for this number.';
  if (row.provider === 'twilio' && row.accountSid === null)
    return 'This number has no Twilio account SID: add it again.';
  if (token !== null) return null;
  if (row.token !== null) return 'The stored access token cannot be read: connect the number again.';
  return 'No access token is stored for this number: connect it again.';
}

/** Index: whatsapp_accounts primary key. */
async function findAccount(sql: Sql, tenantId: string, accountId: string): Promise<AccountRow | undefined> {
  const [row] = await sql<AccountRow[]>`
    select provider, external_id as "externalId", account_sid as "accountSid", business_id as "businessId", api_base_url as "apiBaseUrl", token_ciphertext as token,
      credential_at::text as "credentialAt", disabled_at is not null as disabled, coexistence,
      read_receipts as "readReceipts"
    from whatsapp_accounts where tenant_id = ${tenantId} and id = ${accountId}`;
  return row;
}
