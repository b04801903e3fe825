/** The composition root: builds the parts of all processes from the configuration. */
import { join } from 'node:path';
import type { ProviderName } from './contract/entities.ts';
import { unfittingKey } from './inbox/accounts/fitting-key.ts';
import { AccountDirectory, type GlobalSecrets } from './inbox/accounts/directory.ts';
import type { CapabilityMap } from './inbox/accounts/accounts.ts';
import { openCredential } from './inbox/accounts/credentials.ts';
import type { HintPublisher, OwnHints } from './inbox/hints.ts';
import type { RegistryDeps } from './inbox/registry.ts';
import { createMediaLinks, type MediaLinks } from './inbox/media/public-link.ts';
import { AccountBook } from './inbox/messages/dispatch/accounts.ts';
import { createInitialPasswords } from './inbox/team/initial-password.ts';
import { steadyClock, type Clock } from './lib/clock.ts';
import { createDiskBlobs } from './platform/blobs-disk.ts';
import { createS3Blobs } from './platform/blobs-s3.ts';
import type { BlobStore } from './platform/blobs.ts';
import { startCanary } from './platform/canary.ts';
import { channelOn, publishOn } from './platform/channels.ts';
import type { Config } from './platform/config.ts';
import { keyRing, type KeyRing } from './platform/crypto.ts';
import { createDownloader, type Downloader } from './platform/download.ts';
import type { Part } from './platform/lifecycle.ts';
import { makeHttpClient, type HttpClient } from './platform/http-client.ts';
import { createLogger, type Logger } from './platform/log.ts';
import { metrics, type Metrics } from './platform/metrics.ts';
import { MigrationError, pendingMigrations } from './platform/migrate.ts';
import { lackingAccess } from './platform/access.ts';
import { classifyDatabaseError, createDatabase, type Database, type DatabaseOptions } from './platform/postgres.ts';
import { projectRoot } from './platform/project.ts';
import { createReplica, type Replica } from './platform/postgres-replica.ts';
import { createStreamRedis, createVolatileRedis } from './platform/redis-cluster.ts';
import { closeRedis, type StreamRedis, type VolatileRedis } from './platform/redis.ts';
import { sentinelGroup } from './platform/redis-url.ts';
import { SharedClock } from './platform/shared-clock.ts';
import { StreamProducer } from './platform/stream.ts';
import type { Parsed } from './providers/inbound.ts';
import { providerNamed, providers } from './providers/index.ts';

/** What every process has. */
export interface Foundation {
  readonly config: Config;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly keys: KeyRing;
}

/** The foundation of a process that runs for long; `clockPart` keeps its clock at the time of Postgres. */
export interface ProcessFoundation extends Foundation {
  readonly clock: SharedClock;
}

/** Builds the foundation of the process called `name` (in logs and in pg_stat_activity). */
export function createFoundation(config: Config, name: string): ProcessFoundation {
  const log = createLogger({ level: config.logLevel, name }).child({ node: config.nodeName });
  return { config, log, clock: new SharedClock(), metrics, keys: keyRing(config.encryptionKeys) };
}

/** Opens a database for this process. */
export function openDatabase(base: Foundation, name: string, options: Partial<DatabaseOptions> = {}): Database {
  return createDatabase({ url: base.config.databaseUrl, log: base.log, metrics, applicationName: name, ...options });
}

/** Opens its replica, if one is configured. */
export function openReplica(base: Foundation, name: string, poolSize: number): Replica | null {
  const url = base.config.databaseReplicaUrl;
  return url === null ? null : createReplica({ url, log: base.log, metrics, applicationName: name, poolSize });
}

/**
 * Throws MigrationError for a schema that is older than this release, or was restored without its protection; a newer
 * one has everything needed. Throws for an encryption key of another installation: with it every number
 * would be stopped by its first message. Does not wait for a database that is away, because webhooks are accepted
 * meanwhile.
 */
async function assertUsable({ keys, log }: Foundation, db: Database): Promise<void> {
  try {
    const pending = await pendingMigrations(db, join(projectRoot(), 'sql', 'migrations'));
    if (pending.length > 0) {
      throw new MigrationError(`The database lacks ${pending.join(', ')}. Run hunfly migrate before this release.`);
    }
    const lacking = await lackingAccess(db);
    if (lacking !== null) throw new MigrationError(`${lacking} See docs/operations.md, Backup and restore.`);
    const unfitting = await unfittingKey(db, keys);
    if (unfitting !== null) throw new Error(`${unfitting} See docs/operations.md, Secrets.`);
  } catch (error) {
    if (classifyDatabaseError(error) !== 'infrastructure') throw error;
    log.warn({ err: error }, 'Whether the schema is that of this release could not be looked up.');
  }
}

/**
 * The database as the first part of a process: checked to be of this release or a later one, watched by the canary
 * while it runs, closed after everything above it has stopped. Acknowledged writes that are not visible end the process
 * at once, because nothing it says can be trusted then.
 */
export function databasePart(base: Foundation, db: Database, name = 'database'): Part {
  const { config, log } = base;
  let stopCanary = (): void => undefined;
  return {
    name,
    start: async () => {
      await assertUsable(base, db);
      const onLost = (pools: readonly string[]): void => {
        setImmediate(() => {
          throw new Error(`Committed writes of ${pools.join(', ')} are not visible.`);
        });
      };
      stopCanary = startCanary({ database: db, name: `${config.nodeName}:${name}`, log, onLost });
    },
    stop: async () => {
      stopCanary();
      await db.close();
    },
  };
}

/** The accounts and their secrets. `start()` loads them. */
export function openDirectory(base: Foundation, db: Database): AccountDirectory {
  return new AccountDirectory({ db, keys: base.keys, globalSecrets: globalSecrets(base.config), log: base.log });
}

function globalSecrets(config: Config): GlobalSecrets {
  const one = (secret: string | null): string[] => (secret === null ? [] : [secret]);
  return {
    cloud: [...config.meta.appSecrets],
    evolution: one(config.evolution.webhookSecret),
    twilio: one(config.twilio.authToken),
  };
}

/**
 * A publisher on the volatile Redis; `own` is for a process with tailers. What it cannot send is lost, and the tailers'
 * poll makes up for it within 2 s.
 */
export function createHintPublisher(client: VolatileRedis, own?: OwnHints): HintPublisher {
  return {
    ...(own === undefined ? {} : { own }),
    channelFor: (kind, tenantId) => channelOn(client, kind, tenantId),
    publish: (channel, payload) => {
      if (client.status !== 'ready') return;
      publishOn(client, channel, payload).catch(() => undefined);
    },
  };
}

/** Connection to the volatile Redis for commands and publishing. */
export function openVolatileRedis(base: Foundation): { readonly client: VolatileRedis; close(): Promise<void> } {
  const client = createVolatileRedis(base.config.redisVolatileUrl, base.log);
  return { client, close: () => closeRedis(client) };
}

/** Customer service window of a provider, ms; null: it has none. */
export function windowOf(provider: ProviderName): number | null {
  return providerNamed(provider)?.capabilities.windowMs ?? null;
}

/** Parses with the provider's own parser. Bodies of a provider that is not built in become dead letters. */
export function parseBody(provider: ProviderName, body: Buffer, receivedAtMs: number): Parsed {
  return providerNamed(provider)?.parse(body, receivedAtMs) ?? { ok: false, broken: 'no such provider here' };
}

/** The business account that a webhook of this number names, where its carrier has such a thing. */
export function businessOf(provider: ProviderName, body: Buffer, channel: string): string | null {
  return providerNamed(provider)?.businessOf?.(body, channel) ?? null;
}

/** The capabilities of every carrier that is built in. */
export const capabilities: CapabilityMap = Object.fromEntries(
  providers.map(({ name, capabilities: can }) => [name, can]),
);

/** Connection to the Redis of the streams, for appending and acknowledging. */
export function openStreamRedis(base: Foundation): { readonly client: StreamRedis; close(): Promise<void> } {
  const client = createStreamRedis(base.config.redisUrl, base.log);
  return { client, close: () => closeRedis(client) };
}

/** Appends webhooks. Behind Sentinel, where a replica may take over at any moment, it also waits for one replica. */
export function openIngestProducer(base: Foundation, client: StreamRedis): StreamProducer {
  return new StreamProducer(client, { replicas: sentinelGroup(base.config.redisUrl) === null ? 0 : 1 });
}

/** https://developers.facebook.com/docs/graph-api/changelog */
const GRAPH_URL = 'https://graph.facebook.com/v25.0';

const TWILIO_URL = 'https://api.twilio.com';

/** Address and credentials for calls to carriers, per account. */
export function openAccountBook(base: Foundation, db: Database): AccountBook {
  const { evolution, publicUrl, simulatorUrl, twilio } = base.config;
  return new AccountBook({
    db,
    clock: steadyClock,
    providerNamed,
    openToken: (stored, accountId) => openCredential(stored, base.keys, accountId, 'token'),
    defaults: {
      // With a simulator, accounts that name no address of their own are sent there.
      cloud: { baseUrl: simulatorUrl ?? GRAPH_URL, token: null },
      evolution: { baseUrl: evolution.apiUrl ?? simulatorUrl, token: evolution.apiKey },
      twilio: {
        baseUrl: simulatorUrl ?? TWILIO_URL,
        token: twilio.authToken,
        webhookUrl: publicUrl === null ? null : `${publicUrl}/api/webhooks/whatsapp/twilio`,
      },
    },
  });
}

/** Below the time a client waits for the answer to a command. */
const ASKING_DEADLINE_MS = 7000;
const SENDING_DEADLINE_MS = 15_000;
/** Limit for a page of templates or messages. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Origins of carriers that the operator configured; these may be called wherever they are. */
function carrierOrigins({ evolution, simulatorUrl }: Config): string[] {
  const urls = [GRAPH_URL, TWILIO_URL, evolution.apiUrl, simulatorUrl].filter((url) => url !== null);
  return urls.map((url) => new URL(url).origin);
}

/** HTTP client for calls about accounts. */
export function openCarrierHttp({ config }: Foundation): HttpClient {
  const limits = { deadlineMs: ASKING_DEADLINE_MS, maxResponseBytes: MAX_ANSWER_BYTES, connections: 8 };
  return makeHttpClient({ ...limits, trustedOrigins: carrierOrigins(config) });
}

/** HTTP client for sending messages. */
export function openSendingHttp({ config }: Foundation): HttpClient {
  return makeHttpClient({ deadlineMs: SENDING_DEADLINE_MS, trustedOrigins: carrierOrigins(config) });
}

/** Downloads files from carriers. */
export function openDownloader({ config }: Foundation): Downloader {
  return createDownloader({ trustedOrigins: carrierOrigins(config) });
}

/** What the commands depend on. */
export function registryDeps(
  base: Foundation,
  { db, hints, http }: { readonly db: Database; readonly hints: HintPublisher; readonly http: HttpClient },
): RegistryDeps {
  return {
    capabilities,
    db,
    hints,
    http,
    key: base.keys[0],
    clock: base.clock,
    accounts: openAccountBook(base, db),
    initialPasswords: createInitialPasswords(base.config.appJwtSecret),
  };
}

/** Creates and checks signed addresses of attachments. */
export function openMediaLinks({ config, clock }: Foundation): MediaLinks {
  return createMediaLinks({ secret: config.appJwtSecret, publicUrl: config.publicUrl, clock });
}

/** The store for attachments. */
export function openBlobs(base: Foundation): BlobStore {
  const { media } = base.config;
  return media.kind === 'disk' ? createDiskBlobs(media.directory) : createS3Blobs(media);
}
