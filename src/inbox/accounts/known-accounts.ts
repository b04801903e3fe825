/** A copy of all accounts as it is looked up: by channel, with the secrets that may have signed for it. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { fingerprint } from '../../lib/hash.ts';
import type { Secret } from '../../providers/provider.ts';
import type { DirectoryRow } from './queries.ts';

/** `auth` of what an environment secret proved. */
export const GLOBAL_AUTH = 'global';

/** The account behind a channel. */
export interface ChannelAccount {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
}

/** An account, opened. */
export interface Known extends ChannelAccount {
  readonly accountSid: string | null;
  readonly fingerprints: readonly string[];
  readonly secrets: readonly Secret[];
  /** It has secrets of its own, but they could not be decrypted. */
  readonly unreadable: boolean;
  readonly disabled: boolean;
  readonly erasedAtMs: number | null;
}

/** See above; `digest` is equal where all is. */
export interface Snapshot {
  readonly channels: ReadonlyMap<string, readonly Known[]>;
  /** Distinct secrets of all accounts of a provider. */
  readonly secrets: ReadonlyMap<ProviderName, readonly Secret[]>;
  readonly digest: string;
}

/** Before the first load. */
export const EMPTY: Snapshot = { channels: new Map(), secrets: new Map(), digest: '' };

/** Under which a channel is kept. */
export function keyOf(provider: ProviderName, externalId: string): string {
  return `${provider} ${externalId}`;
}

/** Whether what was proved counts for the account. */
export function counts(account: Known, auth: string): boolean {
  return account.fingerprints.length === 0 ? auth === GLOBAL_AUTH : account.fingerprints.includes(auth);
}

/** Whether it is the provider's account that an event names, should both be known. */
export function isOfAccount({ accountSid }: Known, sid: string | undefined): boolean {
  return accountSid === null || sid === undefined || accountSid === sid;
}

function distinct(secrets: readonly Secret[]): Secret[] {
  const byValue = new Map<string, Secret>();
  for (const secret of secrets) if (!byValue.has(secret.value)) byValue.set(secret.value, secret);
  return [...byValue.values()];
}

/** The accounts in the order given: of several with one channel the first counts. */
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

/** Tells two states of all accounts apart. */
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
