/** Worker: sends what agents write from the database to the carriers. Any number may run. */
import {
  createFoundation,
  createHintPublisher,
  openAccountBook,
  openBlobs,
  openDatabase,
  openMediaLinks,
  openSendingHttp,
  openStreamRedis,
  openVolatileRedis,
} from '../src/deps.ts';
import { Breakers } from '../src/inbox/messages/dispatch/breaker.ts';
import { createFileOpener } from '../src/inbox/messages/dispatch/files.ts';
import { Pace } from '../src/inbox/messages/dispatch/pace.ts';
import { OUTBOUND_GROUP, OUTBOUND_STREAM } from '../src/inbox/messages/dispatch/queue.ts';
import { createOutboundWorker } from '../src/inbox/messages/dispatch/worker.ts';
import { steadyClock } from '../src/lib/clock.ts';
import { loadConfigOrExit } from '../src/platform/config.ts';
import { closedAtLast, readStream, runWorkerProcess } from '../src/worker-process.ts';

const base = createFoundation(loadConfigOrExit(), 'outbound');
const { config, log, clock, metrics } = base;
const db = openDatabase(base, 'outbound', { statementPool: 8, transactionPool: 8 });
const streams = openStreamRedis(base);
const volatile = openVolatileRedis(base);
const http = openSendingHttp(base);
const links = openMediaLinks(base);
const outbound = createOutboundWorker({
  db,
  log,
  clock,
  metrics,
  redis: streams.client,
  leaseMs: config.outboundLeaseMs,
  hints: createHintPublisher(volatile.client),
  accounts: openAccountBook(base, db),
  pace: new Pace(volatile.client, steadyClock),
  breakers: new Breakers(),
  post: (request) => http.post(request),
  openFile: createFileOpener({ blobs: openBlobs(base), publicUrl: links.urlOf }),
});
await runWorkerProcess(base, {
  db,
  parts: [
    closedAtLast('redis', async () => {
      await Promise.all([streams.close(), volatile.close()]);
    }),
    closedAtLast('http', () => http.close()),
    closedAtLast('sender', () => outbound.stop()),
  ],
  loop: readStream(base, {
    stream: OUTBOUND_STREAM,
    group: OUTBOUND_GROUP,
    countPerShard: 64,
    maxBatch: 256,
    reclaimIdleMs: 60_000,
    handler: outbound.handler,
  }),
  says: 'Reading outbound jobs.',
});
