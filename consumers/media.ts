/** Worker: attachments of customers, from the carriers into the store. Any number of them may run. */
import {
  createHintPublisher,
  createFoundation,
  databasePart,
  openAccountBook,
  openBlobs,
  openDatabase,
  openVolatileRedis,
} from '../src/deps.ts';
import { MEDIA_GROUP, MEDIA_STREAM } from '../src/inbox/media/download/queue.ts';
import { createMediaWorker } from '../src/inbox/media/download/worker.ts';
import { createThumbnails } from '../src/inbox/media/thumbnail.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { createDownloader } from '../src/platform/download.ts';
import { startAll, stopOnSignals } from '../src/platform/lifecycle.ts';
import { createMetricsServer } from '../src/platform/metrics-server.ts';
import { runStreamWorker, uniqueConsumer } from '../src/platform/stream-worker.ts';
import { streamKeys } from '../src/platform/stream.ts';

/** 100 MB at 1 MB/s. */
const DEADLINE_MS = 120_000;
const LEASE_MS = 180_000;

const base = createFoundation(loadConfigOrExit(), 'media');
const { config, log, metrics } = base;
const db = openDatabase(base, 'media');
const volatile = openVolatileRedis(base);
const downloader = createDownloader();
const media = createMediaWorker({
  ...{ db, log, metrics, deadlineMs: DEADLINE_MS, leaseMs: LEASE_MS },
  hints: createHintPublisher(volatile.client),
  accounts: openAccountBook(base, db),
  open: (request) => downloader.open(request),
  store: { blobs: openBlobs(base), makeThumbnail: createThumbnails() },
});
const served = createMetricsServer({ port: config.metricsPort, token: config.metricsToken });

const stopping = new AbortController();
let reading: Promise<void> = Promise.resolve();
const running = await startAll(
  [
    served,
    databasePart(base, db),
    { name: 'redis', start: () => undefined, stop: () => volatile.close() },
    { name: 'http', start: () => undefined, stop: () => downloader.close() },
    { name: 'fetcher', start: () => undefined, stop: () => media.stop() },
    {
      name: 'worker',
      start: () => {
        reading = runStreamWorker({
          redisUrl: config.redisUrl,
          keys: streamKeys(MEDIA_STREAM, config.shards),
          group: MEDIA_GROUP,
          consumer: uniqueConsumer(config.nodeName),
          countPerShard: 64,
          maxBatch: 256,
          blockMs: 2000,
          reclaimIdleMs: 60_000,
          ...{ handler: media.handler, log, metrics, signal: stopping.signal },
        });
      },
      stop: () => {
        stopping.abort();
        return reading;
      },
    },
  ],
  { log },
);
stopOnSignals(running, log);
process.send?.({ type: 'ready', port: served.port() });
log.info({}, 'Fetching attachments.');
