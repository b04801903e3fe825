/** Worker: what has to be done now and then. Several may run; they take turns job by job. */
import {
  createFoundation,
  createHintPublisher,
  databasePart,
  openAccountBook,
  openBlobs,
  openCarrierHttp,
  openDatabase,
  openDirectory,
  openStreamRedis,
  openVolatileRedis,
} from '../src/deps.ts';
import { housekeepingJobs } from '../src/inbox/housekeeping/housekeeping.ts';
import { runJobs } from '../src/inbox/housekeeping/jobs.ts';
import { MEDIA_STREAM } from '../src/inbox/media/download/queue.ts';
import { OUTBOUND_STREAM } from '../src/inbox/messages/dispatch/queue.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { startAll, stopOnSignals } from '../src/platform/lifecycle.ts';
import { createMetricsServer } from '../src/platform/metrics-server.ts';
import { streamLag } from '../src/platform/stream-commands.ts';
import { streamKeys, StreamProducer } from '../src/platform/stream.ts';

const base = createFoundation(loadConfigOrExit(), 'housekeeping');
const { config, log, clock, metrics } = base;
const db = openDatabase(base, 'housekeeping');
const streams = openStreamRedis(base);
const volatile = openVolatileRedis(base);
const backlogOf = async (stream: string): Promise<number> => {
  return (await streamLag(streams.client, streamKeys(stream, config.shards))).backlog;
};
const directory = openDirectory(base, db);
const http = openCarrierHttp();
const jobs = housekeepingJobs({
  ...{ db, log, clock, metrics, shards: config.shards, leaseMs: config.outboundLeaseMs },
  blobs: openBlobs(base),
  hints: createHintPublisher(volatile.client),
  producer: new StreamProducer(streams.client),
  outboundBacklog: () => backlogOf(OUTBOUND_STREAM),
  mediaBacklog: () => backlogOf(MEDIA_STREAM),
  ...{ http, accounts: openAccountBook(base, db), resolve: directory.resolve },
});
const served = createMetricsServer({ port: config.metricsPort, token: config.metricsToken });

const stopping = new AbortController();
let working: Promise<void> = Promise.resolve();
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
    { name: 'carriers', start: () => undefined, stop: () => http.close() },
    {
      name: 'directory',
      start: () => directory.start(),
      stop: () => {
        directory.stop();
      },
    },
    {
      name: 'jobs',
      start: () => {
        working = runJobs(jobs, { log, signal: stopping.signal });
      },
      stop: () => {
        stopping.abort();
        return working;
      },
    },
  ],
  { log },
);
stopOnSignals(running, log);
process.send?.({ type: 'ready', port: served.port() });
log.info({}, 'Keeping house.');
