/** A copy of all accounts, indexed by channel, with the secrets that may have signed for each. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { fingerprint } from '../../lib/hash.ts';
import type { Secret } from '../../providers/provider.ts';
import type { DirectoryRow } from './queries.ts';

/** `auth` of a webhook that an environment secret proved. */
export const GLOBAL_AUTH = 'global';

/** The account behind a channel. */
export interface ChannelAccount {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
}

/** An account with its credentials decrypted. */
export interface Known extends ChannelAccount {
  readonly accountSid: string | null;
  readonly fingerprints: readonly string[];
  readonly secrets: readonly Secret[];
  /** It has secrets of its own, but they could not be decrypted. */
  readonly unreadable: boolean;
  readonly disabled: boolean;
  readonly erasedAtMs: number | null;
}

/** The copy at one moment. Equal `digest` means equal content. */
export interface Snapshot {
  readonly channels: ReadonlyMap<string, readonly Known[]>;
  /** Distinct secrets of all accounts of a provider. */
  readonly secrets: ReadonlyMap<ProviderName, readonly Secret[]>;
  readonly digest: string;
}

/** Before the first load. */
export const EMPTY: Snapshot = { channels: new Map(), secrets: new Map(), digest: '' };

/** The key under which a channel is indexed. */
export function keyOf(provider: ProviderName, externalId: string): string {
  return `${provider} ${externalId}`;
}

/** Whether the account accepts this proof. */
export function counts(account: Known, auth: string): boolean {
  return account.fingerprints.length === 0 ? auth === GLOBAL_AUTH : account.fingerprints.includes(auth);
}

/** Whether the event's provider account is this account's, if both are known. */
export function isOfAccount({ accountSid }: Known, sid: string | undefined): boolean {
  return accountSid === null || sid === undefined || accountSid === sid;
}

function distinct(secrets: readonly Secret[]): Secret[] {
  const byValue = new Map<string, Secret>();
  for (const secret of secrets) if (!byValue.has(secret.value)) byValue.set(secret.value, secret);
  return [...byValue.values()];
}

/** Indexes the accounts in the given order: of several with one channel the first wins. */
export function index(accounts: readonly (readonly [DirectoryRow, Known])[]): Omit<Snapshot, 'digest'> {
  const channels = new Map<string, Known[]>();
  const secrets = new Map<ProviderName, Secret[]>();
  for (const [row, known] of accounts) {
    const key = keyOf(row.provider, row.externalId);
    channels.set(key, [...(channels.get(key) ?? []), known]);
    const ofProvider = secrets.get(row.provider);
    if (ofProvider === undefined) secrets.set(row.provider, [...known.secrets]);
    else ofProvider.push(...known.secrets);
  }
  return { channels, secrets: new Map([...secrets].map(([provider, list]) => [provider, distinct(list)])) };
}

/** A fingerprint of the state of all accounts. */
export function digestOf(rows: readonly DirectoryRow[]): string {
  return fingerprint(
    rows
      .map((row) =>
        [
          row.accountId,
          row.provider,
          row.externalId,
          row.accountSid,
          row.disabled,
          row.erasedAtMs,
          row.fingerprints.join(),
          row.secretCiphertext?.toString('latin1') ?? '',
        ].join('\n'),
      )
      .join('\n\n'),
  );
}
