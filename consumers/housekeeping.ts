/** Worker: recurring jobs. Several may run; they take turns job by job. */
import {
  createFoundation,
  createHintPublisher,
  openAccountBook,
  openBlobs,
  openCarrierHttp,
  openDatabase,
  openDirectory,
  openIngestProducer,
  openStreamRedis,
  openVolatileRedis,
} from '../src/deps.ts';
import { housekeepingJobs } from '../src/inbox/housekeeping/housekeeping.ts';
import { runJobs } from '../src/inbox/housekeeping/jobs.ts';
import { MEDIA_STREAM } from '../src/inbox/media/download/queue.ts';
import { OUTBOUND_STREAM } from '../src/inbox/messages/dispatch/queue.ts';
import { INGEST_STREAM } from '../src/inbox/ingest/entry.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import type { Part } from '../src/platform/lifecycle.ts';
import { startLagSampler } from '../src/platform/stream-lag.ts';
import { streamSpan } from '../src/platform/stream-commands.ts';
import { streamKeys, StreamProducer } from '../src/platform/stream.ts';
import { closedAtLast, runWorkerProcess } from '../src/worker-process.ts';

const base = createFoundation(loadConfigOrExit(), 'housekeeping');
const { config, log, clock, metrics } = base;
const db = openDatabase(base, 'housekeeping');
const streams = openStreamRedis(base);
const volatile = openVolatileRedis(base);
const nudges = new StreamProducer(streams.client);
const backlogOf = async (stream: string): Promise<number> => {
  const lengths = await nudges.lengths(streamKeys(stream, config.shards));
  return lengths.reduce((sum, length) => sum + length, 0);
};
const directory = openDirectory(base, db);
const http = openCarrierHttp(base);
const jobs = housekeepingJobs({
  db,
  log,
  clock,
  metrics,
  shards: config.shards,
  leaseMs: config.outboundLeaseMs,
  blobs: openBlobs(base),
  hints: createHintPublisher(volatile.client),
  producer: openIngestProducer(base, streams.client),
  nudges,
  outboundBacklog: () => backlogOf(OUTBOUND_STREAM),
  arrivals: () => streamSpan(streams.client, streamKeys(INGEST_STREAM, config.shards)),
  mediaBacklog: () => backlogOf(MEDIA_STREAM),
  http,
  accounts: openAccountBook(base, db),
  resolve: directory.resolve,
});
/** Workers measure their own stream; this covers the time when none of them runs. */
function watched(stream: string): Part {
  let stop = (): Promise<void> => Promise.resolve();
  return {
    name: `watch-${stream}`,
    start: () => {
      stop = startLagSampler({ redisUrl: config.redisUrl, keys: streamKeys(stream, config.shards), log, metrics });
    },
    stop: () => stop(),
  };
}

await runWorkerProcess(base, {
  db,
  parts: [
    ...[INGEST_STREAM, OUTBOUND_STREAM, MEDIA_STREAM].map(watched),
    closedAtLast('redis', async () => {
      await Promise.all([streams.close(), volatile.close()]);
    }),
    closedAtLast('carriers', () => http.close()),
    {
      name: 'directory',
      start: () => directory.start(),
      stop: () => {
        directory.stop();
      },
    },
  ],
  loop: (signal) => runJobs(jobs, { log, metrics, signal }),
  says: 'Keeping house.',
});
