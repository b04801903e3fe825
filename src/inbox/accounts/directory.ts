/** Answers from memory which account a channel belongs to, and which secrets may have signed for it. */
import type { ProviderName } from '../../contract/entities.ts';
import { pause } from '../../lib/backoff.ts';
import { fingerprint } from '../../lib/hash.ts';
import type { EncryptionKey } from '../../platform/crypto.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Secret } from '../../providers/provider.ts';
import { openSecrets } from './credentials.ts';
import {
  EMPTY,
  GLOBAL_AUTH,
  counts,
  digestOf,
  index,
  isOfAccount,
  keyOf,
  type ChannelAccount,
  type Known,
  type Snapshot,
} from './known-accounts.ts';
import { listDirectory, type DirectoryRow } from './queries.ts';

/** The part of a webhook that tells whose it was. */
interface ReceivedBy {
  readonly provider: ProviderName;
  readonly auth: string;
  readonly receivedAtMs: number;
}

/** Secrets that could have signed a request. The `fingerprint` of the one that did travels on as `auth`. */
export interface Candidates {
  /** Secrets valid for the channel. */
  readonly likely: readonly Secret[];
  /** Secrets of other accounts: whoever knows one is authentic, though not for this channel. */
  readonly others: readonly Secret[];
  /** False if a secret may be missing from the list, or none is configured: then a failed proof proves nothing. */
  readonly complete: boolean;
}

/** Environment secrets by provider, for accounts without a secret of their own. */
export type GlobalSecrets = Readonly<Record<ProviderName, readonly string[]>>;

/** Where the directory reads from. */
export interface DirectoryOptions {
  /** Connected as the owner, which sees the accounts of all tenants. */
  readonly db: Database;
  /** The current key first, then those being rotated out. */
  readonly keys: readonly EncryptionKey[];
  readonly globalSecrets: GlobalSecrets;
  readonly log: Logger;
}

const REFRESH_EVERY_MS = 5000;
/** Loads on demand take at most a tenth of the time, however many unknown channels come. */
const DEMAND_SPACING = { factor: 10, minMs: 20, maxMs: 1000 };
const LOAD_DEADLINE_MS = 3000;
/** Most bytes hashed for one body when every secret of a provider is tried. */
const MAX_HASHED_BYTES = 64 * 1024 * 1024;
const MAX_CANDIDATES = 4096;
const NO_SECRETS: readonly Secret[] = [];

/**
 * A copy of all accounts, reloaded every 5 s and whenever something unknown is looked up. While Postgres is away the
 * last copy stays in use. One per process.
 */
export class AccountDirectory {
  readonly #options: DirectoryOptions;
  readonly #globals: Readonly<Record<ProviderName, readonly Secret[]>>;
  #snapshot: Snapshot = EMPTY;
  #generation = 0;
  #loading: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #startedMs = -Infinity;
  #tookMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    const globals = (provider: ProviderName): Secret[] =>
      options.globalSecrets[provider].map((value) => ({ value, fingerprint: GLOBAL_AUTH }));
    this.#globals = { cloud: globals('cloud'), evolution: globals('evolution'), twilio: globals('twilio') };
  }

  /** Loads, and keeps reloading. Also resolves if the first load failed; see `loaded`. */
  async start(): Promise<void> {
    this.#timer ??= setInterval(() => {
      void this.#load().catch(() => undefined);
    }, REFRESH_EVERY_MS);
    await this.#load().catch(() => undefined);
  }

  /** Stops reloading; the copy stays readable. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** True once the accounts were read. */
  get loaded(): boolean {
    return this.#generation > 0;
  }

  /** Grows whenever a load brought a change. Equal generations mean equal answers. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * The account that has this channel, for a webhook proved with `auth`: the fingerprint of the account's own secret,
   * or `global` if it has none. The oldest of several, so that nobody takes a channel over by adding it again. `sid`:
   * the provider's account that an event names; if one is registered it must match.
   */
  readonly resolve = (
    provider: ProviderName,
    externalId: string,
    auth: string,
    sid?: string,
  ): ChannelAccount | null => {
    const known = this.#snapshot.channels.get(keyOf(provider, externalId)) ?? [];
    return known.find((account) => !account.disabled && counts(account, auth) && isOfAccount(account, sid)) ?? null;
  };

  /**
   * Whether the business that had the channel when the webhook came has been erased. A later webhook belongs to another
   * business that has the channel too.
   */
  readonly isErased = (
    { provider, auth, receivedAtMs }: ReceivedBy,
    { channel, account: sid }: { readonly channel: string | null; readonly account?: string },
  ): boolean => {
    const known = channel === null ? [] : (this.#snapshot.channels.get(keyOf(provider, channel)) ?? []);
    const had = known.find(
      (account) =>
        (account.erasedAtMs !== null || !account.disabled) && counts(account, auth) && isOfAccount(account, sid),
    );
    if (channel === null || had === undefined || had.erasedAtMs === null) return false;
    return receivedAtMs <= had.erasedAtMs || this.resolve(provider, channel, auth, sid) === null;
  };

  /**
   * Secrets for a body that claims to be of channel `hint`. The environment's secrets do not count if all of that
   * channel's accounts have their own. Limited to 64 MB of hashing per body.
   */
  secretsFor(provider: ProviderName, hint: string | null, bodyBytes: number): Candidates {
    const hinted = hint === null ? [] : (this.#snapshot.channels.get(keyOf(provider, hint)) ?? []);
    const own = hinted.flatMap((account) => account.secrets);
    const globalCounts = hinted.length === 0 || hinted.some((account) => account.fingerprints.length === 0);
    const likely = globalCounts ? [...own, ...this.#globals[provider]] : own;
    const all = this.#snapshot.secrets.get(provider) ?? NO_SECRETS;
    const most = Math.min(MAX_CANDIDATES, Math.floor(MAX_HASHED_BYTES / Math.max(1, bodyBytes)));
    const others = all.length <= most ? all : all.slice(0, most);
    const complete = this.loaded && others === all && isProvable(hinted, likely);
    return { likely, others, complete };
  }

  /**
   * Makes sure that accounts added before this call are known, if any of the channels is not. Rejects when they cannot
   * be read.
   */
  async ensure(
    wanted: readonly { readonly provider: ProviderName; readonly channel: string; readonly auth?: string }[],
  ): Promise<void> {
    const missing = wanted.some(({ provider, channel, auth }) =>
      auth === undefined
        ? !this.#snapshot.channels.has(keyOf(provider, channel))
        : this.resolve(provider, channel, auth) === null,
    );
    if (missing) await this.refresh();
  }

  /**
   * Resolves after a load that began after this call; concurrent callers share it. Rejects when the accounts cannot be
   * read.
   */
  async refresh(): Promise<void> {
    this.#next ??= this.#loadSoon();
    await this.#next;
  }

  async #loadSoon(): Promise<void> {
    try {
      await this.#loading?.catch(() => undefined);
      const spacingMs = Math.min(
        DEMAND_SPACING.maxMs,
        Math.max(DEMAND_SPACING.minMs, this.#tookMs * DEMAND_SPACING.factor),
      );
      await pause(Math.max(0, this.#startedMs + spacingMs - performance.now()));
    } finally {
      // From here on a new caller needs a later load.
      this.#next = null;
    }
    await this.#load();
  }

  async #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = null;
    });
    await this.#loading;
  }

  async #read(): Promise<void> {
    this.#startedMs = performance.now();
    try {
      const rows = await listDirectory(this.#options.db, LOAD_DEADLINE_MS);
      const digest = digestOf(rows);
      if (this.loaded && digest === this.#snapshot.digest) return;
      this.#snapshot = { ...index(rows.map((row) => [row, this.#open(row)])), digest };
      this.#generation += 1;
    } catch (error) {
      this.#options.log.warn({ err: error }, 'The accounts could not be read; the last known ones stay in force.');
      throw error;
    } finally {
      this.#tookMs = performance.now() - this.#startedMs;
    }
  }

  #open(row: DirectoryRow): Known {
    const { tenantId, accountId, accountSid, fingerprints, disabled, erasedAtMs, secretCiphertext } = row;
    const account = { tenantId, accountId, accountSid, fingerprints, disabled, erasedAtMs };
    if (secretCiphertext === null) return { ...account, secrets: NO_SECRETS, unreadable: false };
    try {
      const secrets = openSecrets(secretCiphertext, this.#options.keys, accountId);
      return {
        ...account,
        secrets: secrets.map((value) => ({ value, fingerprint: fingerprint(value) })),
        unreadable: false,
      };
    } catch (error) {
      this.#options.log.error({ err: error, accountId, tenantId }, 'The webhook secret of an account cannot be read.');
      return { ...account, secrets: NO_SECRETS, unreadable: true };
    }
  }
}

/** Whether the secret that proves these accounts' webhooks is configured and readable; true for an unknown channel. */
function isProvable(hinted: readonly { readonly unreadable: boolean }[], likely: readonly Secret[]): boolean {
  return hinted.length === 0 || (likely.length > 0 && !hinted.some(({ unreadable }) => unreadable));
}
