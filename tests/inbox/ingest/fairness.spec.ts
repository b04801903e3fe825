import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { IngestGate, type AcceptedWebhook } from '../../../src/inbox/ingest/accept.ts';
import { decodeEntry, INGEST_GROUP, INGEST_STREAM, placeOf } from '../../../src/inbox/ingest/entry.ts';
import { CROWDED, ShardChooser } from '../../../src/inbox/ingest/shard-chooser.ts';
import { shardOf } from '../../../src/lib/hash.ts';
import { metrics } from '../../../src/platform/metrics.ts';
import { runStreamWorker, uniqueConsumer } from '../../../src/platform/stream-worker.ts';
import { StreamProducer, streamKey, streamKeys, type StreamEntry } from '../../../src/platform/stream.ts';
import { silentLog } from '../../support/log.ts';
import { openStores, type Stores } from '../../support/stores.ts';
import { waitFor } from '../../support/wait.ts';

const SHARDS = 16;
const NOISE = 3000;
const NOISY = 'noisy';
const HOME = shardOf(`cloud${NOISY}`, SHARDS);
/** Numbers whose home is where the noisy one's is. */
const QUIET = Array.from({ length: 400 }, (_, index) => `quiet-${String(index)}`).filter(
  (channel) => shardOf(`cloud${channel}`, SHARDS) === HOME,
);

let stores: Stores;

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.drop());

const webhook = (channel: string): AcceptedWebhook => ({
  ...{ provider: 'cloud', channelHint: channel, auth: 'global', receivedAtMs: 1, correlationId: channel },
  body: Buffer.from('{}'),
});

/** A burst of one number; how many entries its shard then has. */
async function makeNoise(gate: IngestGate): Promise<number> {
  for (let sent = 0; sent < NOISE; sent += 250) {
    await Promise.all(Array.from({ length: 250 }, () => gate.accept(webhook(NOISY))));
  }
  return stores.client.xlen(streamKey(INGEST_STREAM, HOME));
}

/** Runs a worker until nothing waits; in which batch each channel's entries were handled, from 1. */
async function work(): Promise<Map<string, number[]>> {
  const batches = new Map<string, number[]>();
  const stopping = new AbortController();
  let batch = 0;
  const handler = (entries: readonly StreamEntry[]): Promise<Map<string, string[]>> => {
    batch += 1;
    const done = new Map<string, string[]>();
    for (const entry of entries) {
      const decoded = decodeEntry(entry.fields, placeOf(entry));
      const correlationId = decoded.ok ? decoded.entry.correlationId : '';
      batches.set(correlationId, [...(batches.get(correlationId) ?? []), batch]);
      done.set(entry.key, [...(done.get(entry.key) ?? []), entry.id]);
    }
    return Promise.resolve(done);
  };
  const keys = streamKeys(INGEST_STREAM, SHARDS);
  const running = runStreamWorker({
    ...{ redisUrl: stores.redis.url, keys, group: INGEST_GROUP, consumer: uniqueConsumer('test'), handler },
    ...{ countPerShard: 200, maxBatch: 500, blockMs: 100, reclaimIdleMs: 10_000 },
    ...{ log: silentLog, metrics, signal: stopping.signal },
  });
  const producer = new StreamProducer(stores.client);
  await waitFor(async () => (await producer.lengths(keys)).every((length) => length === 0), { deadlineMs: 30_000 });
  stopping.abort();
  await running;
  return batches;
}

describe('while one number has a backlog', () => {
  it('the numbers that share its shard are handled in the first batch, and it waits behind itself alone', async () => {
    const gate = new IngestGate({
      producer: new StreamProducer(stores.client),
      db: stores.db.database,
      shards: SHARDS,
      log: silentLog,
    });
    const noise = await makeNoise(gate);
    // A gateway looks at the backlogs twice a second, when something arrives.
    await waitFor(async () => {
      await gate.accept(webhook(NOISY));
      const before = await stores.client.xlen(streamKey(INGEST_STREAM, HOME));
      await gate.accept(webhook(QUIET[0]!));
      return (await stores.client.xlen(streamKey(INGEST_STREAM, HOME))) === before;
    });
    for (const channel of QUIET) await gate.accept(webhook(channel));
    expect(QUIET.length).toBeGreaterThan(10);
    expect(noise).toBeGreaterThan(NOISE / 2);
    const batches = await work();
    const last = QUIET.map((channel) => batches.get(channel)?.at(-1));
    expect(last.filter((batch) => batch !== 1).length).toBeLessThanOrEqual(1);
    expect(batches.get(NOISY)?.at(-1)).toBeGreaterThanOrEqual(noise / 200);
  });

  it('they would wait behind all of it on their home shard (the check above can fail)', async () => {
    const producer = new StreamProducer(stores.client);
    const blind = { append: producer.append.bind(producer), lengths: () => Promise.resolve([]), isOneServer: true };
    const gate = new IngestGate({ producer: blind, db: stores.db.database, shards: SHARDS, log: silentLog });
    const noise = await makeNoise(gate);
    await gate.accept(webhook(QUIET[0]!));
    const batches = await work();
    expect(noise).toBeGreaterThan(NOISE / 2);
    expect(batches.get(QUIET[0]!)?.[0]).toBeGreaterThanOrEqual(noise / 200);
  });
});

describe('while one master of a cluster is away', () => {
  it('webhooks of its shards wait in Postgres, and all others go to the stream as ever', async () => {
    await stores.db.database.run('test.clean', (sql) => sql`delete from webhook_spill`);
    const producer = new StreamProducer(stores.client);
    const away = streamKey(INGEST_STREAM, HOME);
    const appended: string[] = [];
    const append: StreamProducer['append'] = async (key, ...entry) => {
      if (key === away) throw new Error('its master is away');
      appended.push(key);
      return producer.append(key, ...entry);
    };
    const lengths = (): Promise<number[]> => Promise.resolve([]);
    const gate = new IngestGate({
      ...{ producer: { append, lengths, isOneServer: false }, db: stores.db.database, shards: SHARDS, log: silentLog },
    });
    const others = Array.from({ length: 50 }, (_, index) => `other-${String(index)}`).filter(
      (channel) => shardOf(`cloud${channel}`, SHARDS) !== HOME,
    );
    for (const channel of others) {
      await gate.accept(webhook(QUIET[0]!));
      await gate.accept(webhook(channel));
    }
    expect(appended).toEqual(others.map((channel) => streamKey(INGEST_STREAM, shardOf(`cloud${channel}`, SHARDS))));
    const [row] = await stores.db.database.run(
      'test.spilled',
      (sql) => sql<{ count: number }[]>`select count(*)::int as count from webhook_spill where shard = ${HOME}`,
    );
    expect(row?.count).toBe(others.length);
  });
});

describe('while the only server is away', () => {
  it('one webhook of all shards tries it, and the others do not wait for it', async () => {
    const tried: string[] = [];
    const append: StreamProducer['append'] = (key) => {
      tried.push(key);
      return Promise.reject(new Error('it is frozen'));
    };
    const producer = { append, lengths: () => Promise.resolve([]), isOneServer: true };
    const gate = new IngestGate({ producer, db: stores.db.database, shards: SHARDS, log: silentLog });
    // No time passes: the rest is not over before all have come.
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    try {
      await gate.accept(webhook(QUIET[0]!));
      await Promise.all(Array.from({ length: 20 }, (_, index) => gate.accept(webhook(`one-of-${String(index)}`))));
    } finally {
      clock.mockRestore();
    }
    expect(tried).toEqual([streamKey(INGEST_STREAM, HOME)]);
  });
});

describe('the door of the carriers', () => {
  it('knows whether webhooks come', async () => {
    const gate = new IngestGate({
      ...{ producer: new StreamProducer(stores.client), db: stores.db.database, shards: SHARDS, log: silentLog },
    });
    expect(gate.isTaking()).toBe(false);
    await gate.accept(webhook(QUIET[0]!));
    expect(gate.isTaking()).toBe(true);
    await waitFor(() => !gate.isTaking());
  });
});

describe('the choice of a shard', () => {
  const chooserOver = (lengths: readonly number[]): { readonly chooser: ShardChooser; look: () => Promise<void> } => {
    let nowMs = 0;
    const chooser = new ShardChooser({ shards: SHARDS, lengths: () => Promise.resolve(lengths), nowMs: () => nowMs });
    const look = async (): Promise<void> => {
      nowMs += 1000;
      chooser.choose('anybody');
      await Promise.resolve();
    };
    return { chooser, look };
  };
  const only = (...crowded: number[]): number[] =>
    Array.from({ length: SHARDS }, (_, shard) => (crowded.includes(shard) ? CROWDED + 1 : CROWDED));

  it('is the home while nobody is crowded, and when everybody is', async () => {
    for (const lengths of [only(), only(...Array.from({ length: SHARDS }, (_, shard) => shard))]) {
      const { chooser, look } = chooserOver(lengths);
      await look();
      for (const channel of QUIET) expect(chooser.choose(`cloud${channel}`)).toBe(HOME);
    }
  });

  it('spreads those who leave, and lets them come home', async () => {
    const lengths = only(HOME);
    const { chooser, look } = chooserOver(lengths);
    await look();
    const refuges = new Set(QUIET.map((channel) => chooser.choose(`cloud${channel}`)));
    expect(refuges.has(HOME)).toBe(false);
    expect(refuges.size).toBeGreaterThan(5);
    lengths[HOME] = 0;
    await look();
    expect(chooser.choose(`cloud${QUIET[0]!}`)).toBe(HOME);
  });
});
