/** Worker: webhooks from `ingest:{shard}` into the inbox. Any number of them may run. */
import {
  businessOf,
  createFoundation,
  createHintPublisher,
  databasePart,
  openDatabase,
  openDirectory,
  openStreamRedis,
  openVolatileRedis,
  parseBody,
  windowOf,
} from '../src/deps.ts';
import { INGEST_GROUP, INGEST_STREAM } from '../src/inbox/ingest/entry.ts';
import { createSideEvents } from '../src/inbox/ingest/side-events.ts';
import { createInboundHandler } from '../src/inbox/ingest/worker.ts';
import { createFetchSoon, MediaQueue } from '../src/inbox/media/download/queue.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { startAll, stopOnSignals } from '../src/platform/lifecycle.ts';
import { createMetricsServer } from '../src/platform/metrics-server.ts';
import { runStreamWorker, uniqueConsumer } from '../src/platform/stream-worker.ts';
import { streamKeys, StreamProducer } from '../src/platform/stream.ts';

const base = createFoundation(loadConfigOrExit(), 'inbound');
const { config, log, clock, metrics } = base;
const db = openDatabase(base, 'inbound', { ingest: true });
const directory = openDirectory(base, db);
const streams = openStreamRedis(base);
const volatile = openVolatileRedis(base);
const hints = createHintPublisher(volatile.client);
const sideEvents = createSideEvents({ db, log, hints, resolve: directory.resolve, businessOf });
const mediaQueue = new MediaQueue(new StreamProducer(streams.client), config.shards);
const handler = createInboundHandler({
  ...{ db, log, clock, metrics, windowOf, hints, sideEvents },
  channels: directory,
  parse: parseBody,
  fetchSoon: createFetchSoon({ queue: mediaQueue, metrics, log }),
});
const served = createMetricsServer({ port: config.metricsPort, token: config.metricsToken });

const stopping = new AbortController();
let worker: Promise<void> = Promise.resolve();
const running = await startAll(
  [
    served,
    databasePart(base, db),
    {
      name: 'redis',
      start: () => undefined,
      stop: async () => {
        await Promise.all([streams.close(), volatile.close()]);
      },
    },
    {
      name: 'directory',
      start: () => directory.start(),
      stop: () => {
        directory.stop();
      },
    },
    {
      name: 'worker',
      start: () => {
        worker = runStreamWorker({
          redisUrl: config.redisUrl,
          keys: streamKeys(INGEST_STREAM, config.shards),
          group: INGEST_GROUP,
          consumer: uniqueConsumer(config.nodeName),
          countPerShard: 200,
          maxBatch: 500,
          blockMs: 2000,
          reclaimIdleMs: 10_000,
          ...{ handler, log, metrics, signal: stopping.signal },
        });
      },
      stop: () => {
        stopping.abort();
        return worker;
      },
    },
  ],
  { log },
);
stopOnSignals(running, log);
process.send?.({ type: 'ready', port: served.port() });
log.info({}, 'Reading webhooks.');
