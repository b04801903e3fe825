/** Worker: moves webhooks from `ingest:{shard}` into the inbox. Any number may run. */
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
import { Pace } from '../src/inbox/messages/dispatch/pace.ts';
import { createFetchSoon, MediaQueue } from '../src/inbox/media/download/queue.ts';
import { steadyClock } from '../src/lib/clock.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { StreamProducer } from '../src/platform/stream.ts';
import { closedAtLast, readStream, runWorkerProcess } from '../src/worker-process.ts';

const base = createFoundation(loadConfigOrExit(), 'inbound');
const { config, log, clock, metrics } = base;
const db = openDatabase(base, 'inbound');
// Two of its own, one for each lane of runStreamWorker, so that no other query pushes a batch to a connection
// without plans.
const ingestDb = openDatabase(base, 'inbound-batches', { ingest: true, statementPool: 2 });
const directory = openDirectory(base, db);
const streams = openStreamRedis(base);
const volatile = openVolatileRedis(base);
const hints = createHintPublisher(volatile.client);
const pace = new Pace(volatile.client, steadyClock);
const sideEvents = createSideEvents({ db, log, clock, hints, pace, resolve: directory.resolve, businessOf });
const mediaQueue = new MediaQueue(new StreamProducer(streams.client), config.shards);
const handler = createInboundHandler({
  db: ingestDb,
  log,
  clock,
  metrics,
  windowOf,
  hints,
  sideEvents,
  channels: directory,
  parse: parseBody,
  fetchSoon: createFetchSoon({ queue: mediaQueue, metrics, log }),
});
await runWorkerProcess(base, {
  db,
  parts: [
    databasePart(base, ingestDb, 'batches'),
    closedAtLast('redis', async () => {
      await Promise.all([streams.close(), volatile.close()]);
    }),
    {
      name: 'directory',
      start: () => directory.start(),
      stop: () => {
        directory.stop();
      },
    },
  ],
  loop: readStream(base, {
    stream: INGEST_STREAM,
    group: INGEST_GROUP,
    countPerShard: 200,
    maxBatch: 500,
    reclaimIdleMs: 10_000,
    handler,
  }),
  says: 'Reading webhooks.',
});
