/** A gateway's HTTP side on a database and a Redis of its own. */
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { createHmac } from 'node:crypto';
import type { HttpDeps } from '../../src/http/app.ts';
import { clientIpBehind } from '../../src/http/client-ip.ts';
import { createHttpServer, type HttpServer } from '../../src/http/server.ts';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import type { AccountToAdd } from '../../src/inbox/accounts/writes.ts';
import { AccountDirectory, type GlobalSecrets } from '../../src/inbox/accounts/directory.ts';
import type { Effect, ExecuteCommand } from '../../src/inbox/command.ts';
import type { EventFeed } from '../../src/inbox/event-feed.ts';
import { OwnHints } from '../../src/inbox/hints.ts';
import { createExecutor } from '../../src/inbox/execute.ts';
import { IngestGate } from '../../src/inbox/ingest/accept.ts';
import { createJobQueue } from '../../src/inbox/job-queue.ts';
import { createAttachmentFinder, createLinkedFinder } from '../../src/inbox/media/attachment.ts';
import { createMediaLinks } from '../../src/inbox/media/public-link.ts';
import { createThumbnails } from '../../src/inbox/media/thumbnail.ts';
import { createUploads } from '../../src/inbox/media/upload.ts';
import { createReplyFiles } from '../../src/inbox/reply-files/reply-files.ts';
import { GapWatch } from '../../src/inbox/reconcile/gaps.ts';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createPasswordChange } from '../../src/inbox/team/passwords.ts';
import { createSessions, type Sessions } from '../../src/inbox/team/session.ts';
import { createTenant } from '../../src/inbox/tenants/admin.ts';
import type { Role } from '../../src/contract/entities.ts';
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createDiskBlobs } from '../../src/platform/blobs-disk.ts';
import { capabilities, createHintPublisher } from '../../src/deps.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { closeRedis, createRedis, type RedisClient } from '../../src/platform/redis.ts';
import { StreamProducer, streamKeys } from '../../src/platform/stream.ts';
import { providers } from '../../src/providers/index.ts';
import { createRealtime } from '../../src/realtime/realtime.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRunDir } from '../support/environment.ts';
import { recordingLog } from '../support/log.ts';
import { TEST_SECRET, testRegistry } from '../support/registry.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

export const SHARDS = 4;
/** Of a member at a time. */
export const MOST_CONNECTIONS = 5;
export const PASSWORD = 'correct horse battery';
const KEY = encryptionKey(Buffer.alloc(32, 7));

/** Signed links as the gateways of these tests read them. */
export const testLinks = createMediaLinks({
  secret: 's'.repeat(48),
  publicUrl: 'https://inbox.example.test',
  clock: systemClock,
});

/** An answer, read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Gateway {
  readonly db: Database;
  readonly testDatabase: TestDatabase;
  readonly testRedis: TestRedis;
  readonly redis: RedisClient;
  readonly directory: AccountDirectory;
  readonly http: HttpServer;
  readonly port: number;
  readonly logs: ReturnType<typeof recordingLog>;
  readonly effects: Effect[];
  readonly execute: ExecuteCommand;
  readonly resolveCaller: Sessions['resolveCaller'];
  readonly blobDir: string;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly globalSecrets?: Partial<GlobalSecrets>;
  readonly redisArgs?: readonly string[];
  readonly deps?: Partial<HttpDeps>;
  /** With the real event feed. */
  readonly live?: boolean;
  /** Counts in Redis however long a busy machine takes for it; otherwise by itself when that is too long. */
  readonly patient?: boolean;
}

const NO_FEED: EventFeed = { subscribe: () => Promise.reject(new Error('no feed in this test')) };

export async function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  const testDatabase = await createTestDatabase();
  const testRedis = await startTestRedis({ extraArgs: options.redisArgs ?? [] });
  const db = testDatabase.database;
  const logs = recordingLog();
  const redis = createRedis(testRedis.url, 'producer', logs.log);
  const redisVolatile = createRedis(testRedis.url, options.patient === true ? 'reader' : 'volatile', logs.log);
  await waitFor(() => redis.status === 'ready' && redisVolatile.status === 'ready');
  const globalSecrets = { cloud: [], evolution: [], twilio: [], ...options.globalSecrets };
  const directory = new AccountDirectory({ db, keys: [KEY], globalSecrets, log: logs.log });
  await directory.start();
  const effects: Effect[] = [];
  const blobDir = `${testRunDir()}/blobs-${randomBytes(4).toString('hex')}`;
  const blobs = createDiskBlobs(blobDir);
  const files = { database: db, store: { blobs, makeThumbnail: createThumbnails() }, capabilities };
  const sessions = createSessions({
    database: db,
    clock: systemClock,
    secret: TEST_SECRET,
    supabase: { url: null, jwtSecret: null },
  });
  const jobs = createJobQueue(new StreamProducer(redis), SHARDS);
  const ownHints = new OwnHints();
  const execute = createExecutor({
    registry: testRegistry(db, { key: KEY }),
    database: db,
    clock: systemClock,
    log: logs.log,
    presence: { states: () => Promise.resolve(new Map()) },
    hints: createHintPublisher(redisVolatile, ownHints),
    jobs,
  });
  const realtime = options.live
    ? await createRealtime({
        ...{ node: 'test', clock: systemClock, log: logs.log, metrics, database: db, execute, jobs, ownHints },
        ...{
          redis: redisVolatile,
          redisUrl: testRedis.url,
          maxConnectionsPerMember: MOST_CONNECTIONS,
          verifyToken: (token) => sessions.verify(token),
        },
      })
    : null;
  const http = createHttpServer({
    providers,
    directory,
    gate: new IngestGate({ producer: new StreamProducer(redis), db, shards: SHARDS, log: logs.log }),
    clock: systemClock,
    log: logs.log,
    publicUrl: null,
    metaVerifyToken: 'test_verify_token',
    pairings: createHintPublisher(redisVolatile),
    gaps: new GapWatch({ db, log: logs.log }),
    sessions,
    changePassword: createPasswordChange({ db, sessions, hints: createHintPublisher(redisVolatile, ownHints) }),
    clientIp: clientIpBehind(['127.0.0.0/8', '::1']),
    execute,
    applyEffects: (_caller, given) => {
      effects.push(...given);
      return Promise.resolve();
    },
    feed: realtime?.feed ?? NO_FEED,
    findAttachment: createAttachmentFinder(db),
    findLinked: createLinkedFinder(db, testLinks),
    blobs,
    acceptUpload: createUploads(files),
    replyFiles: createReplyFiles(files),
    db,
    redis,
    redisVolatile,
    metricsToken: null,
    metrics,
    corsOrigins: ['https://app.example.test'],
    clientDir: null,
    simulatorUrl: null,
    ...options.deps,
  });
  await new Promise<void>((resolve) => http.server.listen(0, '127.0.0.1', resolve));
  const { port } = http.server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    await realtime?.close();
    await http.close(200);
    directory.stop();
    await Promise.all([closeRedis(redis), closeRedis(redisVolatile)]);
    await testRedis.drop();
    await testDatabase.drop();
  };
  return {
    db,
    testDatabase,
    testRedis,
    redis,
    directory,
    http,
    port,
    logs,
    effects,
    blobDir,
    close,
    execute,
    resolveCaller: (...args) => sessions.resolveCaller(...args),
  };
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
  /** Send the body in chunks of this size, without a content-length. */
  readonly chunked?: number;
}

/** One exchange on a connection of its own; resolves with the answer even if the body could not be sent to its end. */
export function ask(
  gateway: Pick<Gateway, 'port'>,
  { method = 'GET', path, headers = {}, body, chunked }: Ask,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const bytes = body === undefined ? null : Buffer.from(body);
    const length = bytes !== null && chunked === undefined ? { 'content-length': String(bytes.length) } : {};
    const request = httpRequest(
      { host: '127.0.0.1', port: gateway.port, method, path, agent: false, headers: { ...headers, ...length } },
      (response) => {
        const chunks: Buffer[] = [];
        const finish = (): void =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          });
        const announced = Number(response.headers['content-length'] ?? -1);
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          // The connection of a refused body stays open a little; the answer is complete before.
          if (chunks.reduce((sum, one) => sum + one.length, 0) === announced) finish();
        });
        response.on('end', finish).on('error', finish);
      },
    );
    request.on('error', reject);
    if (bytes !== null && chunked !== undefined) {
      for (let at = 0; at < bytes.length; at += chunked) request.write(bytes.subarray(at, at + chunked));
    } else if (bytes !== null) request.write(bytes);
    request.end();
  });
}

/** Bytes as they are, for requests that no client library would send. */
export function askRaw(gateway: Pick<Gateway, 'port'>, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: gateway.port });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
    socket.write(Buffer.from(text, 'latin1'));
  });
}

export function parse(answer: Answer): Record<string, unknown> {
  return JSON.parse(answer.text) as Record<string, unknown>;
}

export function errorOf(answer: Answer): { code: string; message: string; correlationId: string; details?: unknown } {
  return parse(answer)['error'] as ReturnType<typeof errorOf>;
}

export function sign(body: Buffer | string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}

export async function newTenant(db: Database, slug: string): Promise<TenantId> {
  const tenant = { slug, name: slug, agentVisibility: 'own_and_unassigned' } as const;
  return db.transaction('test.tenant', (tx) => createTenant(tx, tenant));
}

export async function newAccount(
  db: Database,
  given: Pick<AccountToAdd, 'tenantId' | 'provider' | 'externalId'> & {
    readonly secret?: string;
    readonly accountSid?: string;
  },
): Promise<AccountId> {
  const { secret = null, accountSid = null, ...rest } = given;
  const account = { ...rest, secret, name: 'Line', accessToken: null, apiBaseUrl: null, phone: null, accountSid };
  return (await db.transaction('test.account', (tx) => addAccount(tx, account, KEY))).accountId;
}

export async function newMember(
  db: Database,
  member: { tenantId: TenantId; email: string; role: Role },
): Promise<void> {
  await addMember(db, { ...member, name: member.email, password: PASSWORD });
}

/** A bearer header for a member. */
export async function logIn(gateway: Gateway, email: string): Promise<Record<string, string>> {
  const body = JSON.stringify({ email, password: PASSWORD });
  const answer = await ask(gateway, {
    method: 'POST',
    path: '/api/auth/login',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { authorization: `Bearer ${String(parse(answer)['token'])}` };
}

/** All entries of the ingest stream. */
export async function streamEntries(
  gateway: Gateway,
): Promise<{ auth: string; body: Buffer | null; key: string | null; correlationId: string }[]> {
  const lists = await Promise.all(streamKeys('ingest', SHARDS).map((key) => gateway.redis.xrangeBuffer(key, '-', '+')));
  return lists.flat().map(([, fields]) => {
    const at = (name: string): Buffer | null => {
      const index = fields.findIndex((field, position) => position % 2 === 0 && field.toString() === name);
      return index < 0 ? null : (fields[index + 1] ?? null);
    };
    const [, auth = '', , correlationId = ''] = at('h')?.toString().split(' ') ?? [];
    return { auth, body: at('b'), key: at('k')?.toString() ?? null, correlationId };
  });
}

export async function count(db: Database, table: 'webhook_spill' | 'webhook_bodies' | 'dead_letters'): Promise<number> {
  const [row] = await db.run(
    'test.count',
    (sql) => sql<{ count: number }[]>`select count(*) as count from ${sql(table)}`,
  );
  return row?.count ?? 0;
}
