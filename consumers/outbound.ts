/** Worker: what agents write, from the database to the carriers. Any number of them may run. */
import {
  createFoundation,
  createHintPublisher,
  databasePart,
  openAccountBook,
  openBlobs,
  openDatabase,
  openMediaLinks,
  openStreamRedis,
  openVolatileRedis,
} from '../src/deps.ts';
import { Breakers } from '../src/inbox/messages/dispatch/breaker.ts';
import { createFileOpener } from '../src/inbox/messages/dispatch/files.ts';
import { Pace } from '../src/inbox/messages/dispatch/pace.ts';
import { OUTBOUND_GROUP, OUTBOUND_STREAM } from '../src/inbox/messages/dispatch/queue.ts';
import { createOutboundWorker } from '../src/inbox/messages/dispatch/worker.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { makeHttpClient } from '../src/platform/http-client.ts';
import { startAll, stopOnSignals } from '../src/platform/lifecycle.ts';
import { createMetricsServer } from '../src/platform/metrics-server.ts';
import { runStreamWorker, uniqueConsumer } from '../src/platform/stream-worker.ts';
import { streamKeys } from '../src/platform/stream.ts';

const base = createFoundation(loadConfigOrExit(), 'outbound');
const { config, log, clock, metrics } = base;
const db = openDatabase(base, 'outbound', { statementPool: 8, transactionPool: 8 });
const streams = openStreamRedis(base);
const volatile = openVolatileRedis(base);
const http = makeHttpClient({ deadlineMs: 15_000 });
const links = openMediaLinks(base);
const outbound = createOutboundWorker({
  ...{ db, log, clock, metrics, redis: streams.client, leaseMs: config.outboundLeaseMs },
  hints: createHintPublisher(volatile.client),
  accounts: openAccountBook(base, db),
  pace: new Pace(volatile.client, clock),
  breakers: new Breakers(),
  post: (request) => http.post(request),
  openFile: createFileOpener({ blobs: openBlobs(base), publicUrl: links.urlOf }),
});
const served = createMetricsServer({ port: config.metricsPort, token: config.metricsToken });

const stopping = new AbortController();
let reading: Promise<void> = Promise.resolve();
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
    { name: 'http', start: () => undefined, stop: () => http.close() },
    { name: 'sender', start: () => undefined, stop: () => outbound.stop() },
    {
      name: 'worker',
      start: () => {
        reading = runStreamWorker({
          redisUrl: config.redisUrl,
          keys: streamKeys(OUTBOUND_STREAM, config.shards),
          group: OUTBOUND_GROUP,
          consumer: uniqueConsumer(config.nodeName),
          countPerShard: 64,
          maxBatch: 256,
          blockMs: 2000,
          reclaimIdleMs: 60_000,
          ...{ handler: outbound.handler, log, metrics, signal: stopping.signal },
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
log.info({}, 'Reading outbound jobs.');
