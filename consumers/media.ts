/** Worker: downloads customers' attachments from the carriers into the store. Any number may run. */
import {
  createHintPublisher,
  createFoundation,
  openAccountBook,
  openBlobs,
  openDatabase,
  openDownloader,
  openVolatileRedis,
} from '../src/deps.ts';
import { MEDIA_GROUP, MEDIA_STREAM } from '../src/inbox/media/download/queue.ts';
import { createMediaWorker } from '../src/inbox/media/download/worker.ts';
import { createThumbnails } from '../src/inbox/media/thumbnail.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { closedAtLast, readStream, runWorkerProcess } from '../src/worker-process.ts';

/** Enough for 100 MB at 1 MB/s. */
const DEADLINE_MS = 120_000;
const LEASE_MS = 180_000;

const base = createFoundation(loadConfigOrExit(), 'media');
const { log, metrics } = base;
const db = openDatabase(base, 'media');
const volatile = openVolatileRedis(base);
const downloader = openDownloader(base);
const media = createMediaWorker({
  db,
  log,
  metrics,
  deadlineMs: DEADLINE_MS,
  leaseMs: LEASE_MS,
  hints: createHintPublisher(volatile.client),
  accounts: openAccountBook(base, db),
  open: (request) => downloader.open(request),
  store: { blobs: openBlobs(base), makeThumbnail: createThumbnails() },
});
await runWorkerProcess(base, {
  db,
  parts: [
    closedAtLast('redis', () => volatile.close()),
    closedAtLast('http', () => downloader.close()),
    closedAtLast('fetcher', () => media.stop()),
  ],
  loop: readStream(base, {
    stream: MEDIA_STREAM,
    group: MEDIA_GROUP,
    countPerShard: 64,
    maxBatch: 256,
    reclaimIdleMs: 60_000,
    handler: media.handler,
  }),
  says: 'Fetching attachments.',
});
