/** What a volatile Redis kept from before its clock was put back: nobody is shown as there, and no number stands still, for it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLeases, syncLease } from '../../src/inbox/presence/lease-set.ts';
import { Pace, type PaceTarget } from '../../src/inbox/messages/dispatch/pace.ts';
import { steadyClock } from '../../src/lib/clock.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { connectRedis, startTestRedis, type TestRedis } from '../support/redis.ts';

const HOUR_MS = 3_600_000;

let server: TestRedis;
let client: RedisClient;

beforeAll(async () => {
  server = await startTestRedis();
  client = await connectRedis(server.url, 'volatile');
});
afterAll(async () => {
  await closeRedis(client);
  await server.drop();
});

it('a lease of a node that is gone ends, and those of living nodes go on', async () => {
  const key = `hunfly:presence:{${uuid7()}}`;
  await syncLease(client, 'gone', { key, leases: [{ id: 'ana', value: 'online 0 1' }] });
  const [field = '', stored = ''] = Object.entries(await client.hgetall(key))[0] ?? [];
  const [expiry, value] = stored.split('\n');
  await client.hset(key, field, `${String(Number(expiry) + HOUR_MS)}\n${String(value)}`);
  expect(await readLeases(client, key)).toEqual([]);
  const alive = [{ id: 'bruno', value: 'online 0 2' }];
  expect(await syncLease(client, 'living', { key, leases: alive })).toEqual(alive);
  expect(await readLeases(client, key)).toEqual(alive);
  expect(await client.hlen(key)).toBe(1);
});

it('a lease of a moment ago lives on where the clock was put back by less than a second', async () => {
  const key = `hunfly:presence:{${uuid7()}}`;
  const alive = [{ id: 'ana', value: 'online 0 1' }];
  await syncLease(client, 'one', { key, leases: alive });
  const [field = '', stored = ''] = Object.entries(await client.hgetall(key))[0] ?? [];
  const [expiry, value] = stored.split('\n');
  await client.hset(key, field, `${String(Number(expiry) + 900)}\n${String(value)}`);
  expect(await readLeases(client, key)).toEqual(alive);
  expect(await syncLease(client, 'other', { key, leases: [] })).toEqual(alive);
});

it('a number whose bucket was empty sends again', async () => {
  const accountId = uuid7();
  const wanted: PaceTarget = {
    ...{ accountId, threadId: uuid7(), provider: 'evolution', coexistence: false, priority: 'agent' },
  };
  const pace = new Pace(client, steadyClock);
  expect(await pace.take(wanted)).toMatchObject({ waitMs: 0 });
  const key = `pace:{${accountId}}`;
  await client.hset(key, { tokens: '0', at: String(Number(await client.hget(key, 'at')) + HOUR_MS) });
  expect(await pace.take(wanted)).toMatchObject({ waitMs: 0 });
});
