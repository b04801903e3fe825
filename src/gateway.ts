/** Assembles a gateway: its parts, and the order in which they start and stop. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  capabilities,
  createHintPublisher,
  databasePart,
  openBlobs,
  openCarrierHttp,
  openDatabase,
  openDirectory,
  openIngestProducer,
  openMediaLinks,
  openReplica,
  openStreamRedis,
  openVolatileRedis,
  registryDeps,
  type Foundation,
  type ProcessFoundation,
} from './deps.ts';
import { clientIpBehind } from './http/client-ip.ts';
import { createHttpServer } from './http/server.ts';
import { createExecutor } from './inbox/execute.ts';
import { OwnHints } from './inbox/hints.ts';
import { IngestGate } from './inbox/ingest/accept.ts';
import { createJobQueue } from './inbox/job-queue.ts';
import { createAttachmentFinder, createLinkedFinder } from './inbox/media/attachment.ts';
import { createThumbnails } from './inbox/media/thumbnail.ts';
import { createUploads } from './inbox/media/upload.ts';
import { createPresenceReader } from './inbox/presence/member-presence.ts';
import { createReplyFiles } from './inbox/reply-files/reply-files.ts';
import { createRegistry } from './inbox/registry.ts';
import { createPasswordChange, type ChangePassword } from './inbox/team/passwords.ts';
import { createSessions } from './inbox/team/session.ts';
import { GapWatch } from './inbox/reconcile/gaps.ts';
import type { Part } from './platform/lifecycle.ts';
import { clockPart } from './platform/shared-clock.ts';
import { StreamProducer } from './platform/stream.ts';
import { providers } from './providers/index.ts';
import { createRealtime } from './realtime/realtime.ts';

/** A gateway that has not been started. `port` is known once its parts have started. */
export interface Gateway {
  readonly server: Server;
  readonly parts: readonly Part[];
  port(): number;
}

type Stores = ReturnType<typeof openStores>;

function openStores(base: Foundation): {
  db: ReturnType<typeof openDatabase>;
  replica: ReturnType<typeof openReplica>;
  streams: ReturnType<typeof openStreamRedis>;
  volatile: ReturnType<typeof openVolatileRedis>;
  http: ReturnType<typeof openCarrierHttp>;
} {
  return {
    db: openDatabase(base, 'gateway', { statementPool: 6, transactionPool: 2, tenantPool: 6, tenantReadPool: 6 }),
    replica: openReplica(base, 'gateway', 6),
    streams: openStreamRedis(base),
    volatile: openVolatileRedis(base),
    http: openCarrierHttp(base),
  };
}

function createInbox(
  base: Foundation,
  { db, replica, streams, volatile, http }: Stores,
  ownHints: OwnHints,
): {
  execute: ReturnType<typeof createExecutor>;
  jobs: ReturnType<typeof createJobQueue>;
  sessions: ReturnType<typeof createSessions>;
  changePassword: ChangePassword;
  gate: IngestGate;
} {
  const { config, log, clock, metrics } = base;
  const hints = createHintPublisher(volatile.client, ownHints);
  const jobs = createJobQueue(new StreamProducer(streams.client), config.shards);
  const sessions = createSessions({ database: db, clock, secret: config.appJwtSecret, supabase: config.supabase });
  return {
    jobs,
    sessions,
    changePassword: createPasswordChange({ db, sessions, hints }),
    gate: new IngestGate({ producer: openIngestProducer(base, streams.client), db, shards: config.shards, log }),
    execute: createExecutor({
      ...{ database: db, replica, clock, log, metrics },
      registry: createRegistry(registryDeps(base, { db, hints, http })),
      presence: createPresenceReader(volatile.client, log),
      hints,
      jobs,
    }),
  };
}

/** All that is done with files. */
function createFiles(base: Foundation, db: Stores['db']) {
  const blobs = openBlobs(base);
  const files = { database: db, store: { blobs, makeThumbnail: createThumbnails() }, capabilities };
  return {
    blobs,
    findAttachment: createAttachmentFinder(db),
    findLinked: createLinkedFinder(db, openMediaLinks(base)),
    acceptUpload: createUploads(files),
    replyFiles: createReplyFiles(files),
  };
}

/**
 * Builds a gateway. Stopping order: no new sockets and commands, current commands are answered, sockets and requests
 * close, then the stores.
 */
export async function createGateway(base: ProcessFoundation): Promise<Gateway> {
  const { config, log, clock, metrics } = base;
  const stores = openStores(base);
  const { db, replica, streams, volatile } = stores;
  const directory = openDirectory(base, db);
  const gaps = new GapWatch({ db, log });
  const ownHints = new OwnHints();
  const { execute, jobs, sessions, changePassword, gate } = createInbox(base, stores, ownHints);
  const realtime = await createRealtime({
    ...{ node: config.nodeName, clock, log, metrics, database: db, replica, execute, jobs, ownHints },
    maxConnectionsPerMember: config.maxConnectionsPerMember,
    isBusy: () => gate.isTaking(),
    ...{ redis: volatile.client, redisUrl: config.redisVolatileUrl },
    verifyToken: (token) => sessions.verify(token),
  });
  const http = createHttpServer({
    ...{ log, clock, metrics, db, directory, providers, sessions, execute, gate, feed: realtime.feed },
    changePassword,
    applyEffects: async (caller, effects) => {
      realtime.applyEffects(caller, effects);
    },
    ...createFiles(base, db),
    ...{ redis: streams.client, redisVolatile: volatile.client },
    ...{ pairings: createHintPublisher(volatile.client), gaps },
    ...{ publicUrl: config.publicUrl, metaVerifyToken: config.meta.verifyToken, metricsToken: config.metricsToken },
    metricsPeers: config.metricsPeers,
    clientIp: clientIpBehind(config.trustedProxies),
    ...{ corsOrigins: config.corsOrigins, clientDir: config.clientDir, simulatorUrl: config.simulatorUrl },
  });
  return {
    server: http.server,
    port: () => (http.server.address() as AddressInfo).port,
    parts: [
      databasePart(base, db),
      clockPart(base, db),
      part('replica', null, () => replica?.close()),
      part('redis', null, () => Promise.all([streams.close(), volatile.close()])),
      part('carriers', null, () => stores.http.close()),
      itself('directory', directory),
      part(
        'http',
        () => listen(http.server, config.port, config.listenHost),
        () => http.close(),
      ),
      itself('gaps', gaps),
      part(
        'realtime',
        () => {
          realtime.attach(http.server);
        },
        () => realtime.drain(),
      ),
      part('readiness', null, () => {
        http.drain();
      }),
    ],
  };
}

/** Wraps something that starts and stops by itself as a part. */
function itself(name: string, own: { start(): Promise<void> | void; stop(): void }): Part {
  return part(
    name,
    () => own.start(),
    () => {
      own.stop();
    },
  );
}

function part(name: string, start: (() => Promise<void> | void) | null, stop: () => unknown): Part {
  return {
    name,
    start: start ?? ((): void => undefined),
    stop: async () => {
      await stop();
    },
  };
}

/**
 * Connections that may wait to be accepted; the kernel's `somaxconn` limits it as well. Beyond it the kernel drops
 * connections, and the client tries again after 1, 3, 7, 15 and 31 s: with the usual 511 a storm of thousands took half
 * a minute.
 */
const BACKLOG = 16_384;

function listen(server: Server, port: number, host: string | null): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, backlog: BACKLOG, ...(host === null ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
