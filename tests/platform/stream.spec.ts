import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDeadline } from '../../src/lib/deadline.ts';
import { closeRedis } from '../../src/platform/redis.ts';
import type { RedisClient } from '../../src/platform/redis.ts';
import { streamSpan } from '../../src/platform/stream-commands.ts';
import {
  ackAndDelete,
  StreamProducer,
  streamKey,
  streamKeys,
  StreamUnavailableError,
  UnconfirmedAppendError,
} from '../../src/platform/stream.ts';
import { connectRedis, startTestRedis } from '../support/redis.ts';
import type { TestRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

let redis: TestRedis;
let client: RedisClient;
let producer: StreamProducer;

beforeAll(async () => {
  redis = await startTestRedis();
  client = await connectRedis(redis.url);
  producer = new StreamProducer(client);
});
afterAll(async () => {
  await closeRedis(client);
  await redis.drop();
});

it('names one key per shard with its hash tag', () => {
  expect(streamKey('ingest', 3)).toBe('ingest:{3}');
  expect(streamKeys('ingest', 2)).toEqual(['ingest:{0}', 'ingest:{1}']);
});

describe('appending', () => {
  it('keeps bytes as they are and answers the id of each entry', async () => {
    const body = Buffer.from([0, 255, 128, 10]);
    const id = await producer.append('bytes', { body, provider: 'cloud' }, 1000);
    const [entry] = await client.xrangeBuffer('bytes', '-', '+');
    expect(entry?.[0].toString()).toBe(id);
    expect(entry?.[1]).toEqual([Buffer.from('body'), body, Buffer.from('provider'), Buffer.from('cloud')]);
  });

  it('keeps the order of one turn and travels as one write', async () => {
    const before = await commandCalls();
    const ids = await Promise.all(
      Array.from({ length: 500 }, (_, index) => producer.append('turn', { n: String(index) }, 2000)),
    );
    const entries = await client.xrange('turn', '-', '+');
    expect(entries.map(([id]) => id)).toEqual(ids);
    expect(entries.map(([, fields]) => fields[1])).toEqual(ids.map((_, index) => String(index)));
    expect((await commandCalls()) - before).toBe(500);
  });

  it('says that an entry is there where only the question after replicas was refused', async () => {
    await client.call('ACL', 'SETUSER', 'no-wait', 'on', '>secret', '~*', '&*', '+@all', '-wait');
    const refused = await connectRedis(redis.url.replace(/\/\/[^@]*@|\/\//, '//no-wait:secret@'));
    try {
      const careful = new StreamProducer(refused, { replicas: 1 });
      await expect(careful.append('refused', { n: '1' }, 1000)).rejects.toThrow(UnconfirmedAppendError);
      expect(await client.xlen('refused')).toBe(1);
    } finally {
      await closeRedis(refused);
    }
  });

  it('fails at once while Redis is away, and works again after', async () => {
    await redis.stop();
    await waitFor(() => client.status !== 'ready');
    await expect(producer.append('away', { n: '1' }, 1000)).rejects.toBeInstanceOf(StreamUnavailableError);
    await redis.restart();
    await waitFor(() => client.status === 'ready');
    await producer.append('away', { n: '2' }, 1000);
    expect(await client.xlen('away')).toBe(1);
  });

  it('gives up at the deadline while Redis is frozen', async () => {
    redis.freeze();
    const appending = producer.append('frozen', { n: '1' }, 100);
    await expect(appending).rejects.toBeInstanceOf(StreamUnavailableError);
    redis.thaw();
    await waitFor(() => client.ping());
  });

  it('ends by the deadline of its client what has none itself', async () => {
    redis.freeze();
    await expect(withDeadline(producer.lengths(['frozen']), 5000, 'XLEN')).rejects.toThrow('Command timed out');
    redis.thaw();
    await waitFor(() => client.ping());
  });

  it('refuses, not evicts, when Redis is out of memory', async () => {
    await client.config('SET', 'maxmemory', '1mb');
    await expect(producer.append('full', { body: Buffer.alloc(100_000) }, 1000)).rejects.toBeInstanceOf(
      StreamUnavailableError,
    );
    await client.config('SET', 'maxmemory', '0');
    expect(await client.xlen('turn')).toBe(500);
  });
});

describe('acknowledging', () => {
  it('removes entries from the pending list and from the stream, and is harmless to repeat', async () => {
    const ids = [await producer.append('acks', { n: '1' }, 1000), await producer.append('acks', { n: '2' }, 1000)];
    await client.xgroup('CREATE', 'acks', 'g', '0');
    await client.xreadgroup('GROUP', 'g', 'c', 'STREAMS', 'acks', '>');
    await ackAndDelete(client, 'g', new Map([['acks', ids.slice(0, 1)]]));
    await ackAndDelete(
      client,
      'g',
      new Map([
        ['acks', ids.slice(0, 1)],
        ['empty', []],
      ]),
    );
    expect((await client.xrange('acks', '-', '+')).map(([id]) => id)).toEqual(ids.slice(1));
    expect((await client.xpending('acks', 'g'))[0]).toBe(1);
  });

  it('removes more than Lua can pass on at once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 9000 }, (_, n) => producer.append('many', { n: String(n) }, 5000)),
    );
    await client.xgroup('CREATE', 'many', 'g', '0');
    await client.xreadgroup('GROUP', 'g', 'c', 'COUNT', ids.length, 'STREAMS', 'many', '>');
    await ackAndDelete(client, 'g', new Map([['many', ids.slice(1)]]));
    expect((await client.xrange('many', '-', '+')).map(([id]) => id)).toEqual(ids.slice(0, 1));
    expect((await client.xpending('many', 'g'))[0]).toBe(1);
  });
});

async function commandCalls(): Promise<number> {
  const stats = await client.info('commandstats');
  return Number(/cmdstat_xadd:calls=([0-9]+)/.exec(stats)?.[1] ?? 0);
}

it('says from when the unfinished entries are by their ids, over all keys', async () => {
  const keys = streamKeys('span', 2);
  const [one = '', other = ''] = keys;
  expect(await streamSpan(client, keys)).toBeNull();
  // As of a server whose clock was an hour ahead for a while: later entries come after it all the same.
  const aheadMs = Date.now() + 3_600_000;
  await client.xadd(one, `${String(aheadMs)}-0`, 'n', '1');
  await client.xadd(one, '*', 'n', '2');
  await client.xadd(other, '1000-0', 'n', '3');
  expect(await streamSpan(client, keys)).toEqual({ oldestMs: 1000, newestMs: aheadMs });
  await client.xdel(other, '1000-0');
  expect(await streamSpan(client, keys)).toEqual({ oldestMs: aheadMs, newestMs: aheadMs });
});
