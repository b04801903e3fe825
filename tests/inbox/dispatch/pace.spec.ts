import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Pace, type PaceTarget } from '../../../src/inbox/messages/dispatch/pace.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { closeRedis, type RedisClient } from '../../../src/platform/redis.ts';
import { connectRedis, startTestRedis, type TestRedis } from '../../support/redis.ts';
import { waitFor } from '../../support/wait.ts';

let server: TestRedis;
let one: RedisClient;
let other: RedisClient;

beforeAll(async () => {
  server = await startTestRedis();
  one = await connectRedis(server.url, 'volatile');
  other = await connectRedis(server.url, 'volatile');
});
afterAll(async () => {
  await Promise.all([closeRedis(one), closeRedis(other)]);
  await server.drop();
});

const target = (provider: PaceTarget['provider'], over: Partial<PaceTarget> = {}): PaceTarget => ({
  ...{ accountId: uuid7(), threadId: uuid7(), provider, coexistence: false, priority: 'agent' },
  ...over,
});

async function takeMany(paces: readonly Pace[], wanted: PaceTarget, count: number): Promise<number> {
  let taken = 0;
  for (let at = 0; at < count; at += 1) {
    const answer = await (paces[at % paces.length] as Pace).take(wanted);
    if (answer.waitMs === 0) taken += 1;
  }
  return taken;
}

describe('the pace of a number', () => {
  it('is one bucket for all workers together', async () => {
    const paces = [new Pace(one, systemClock), new Pace(other, systemClock)];
    const wanted = target('evolution');
    const taken = await takeMany(paces, wanted, 12);
    expect(taken).toBeGreaterThanOrEqual(5);
    expect(taken).toBeLessThan(8);
    expect(await paces[0]?.take(wanted)).toMatchObject({ scope: 'account' });
  });

  it('gives back a token that was not used', async () => {
    const pace = new Pace(one, systemClock);
    const wanted = target('evolution');
    for (let at = 0; at < 30; at += 1) {
      expect(await pace.take(wanted)).toMatchObject({ waitMs: 0 });
      pace.giveBack(wanted);
    }
  });

  it('lets 45 messages to one customer through and then only this conversation waits', async () => {
    const pace = new Pace(one, systemClock);
    const wanted = target('cloud');
    expect(await takeMany([pace], wanted, 46)).toBe(45);
    expect(await pace.take(wanted)).toMatchObject({ scope: 'thread' });
    expect(await pace.take({ ...wanted, threadId: uuid7() })).toMatchObject({ waitMs: 0 });
  });

  it('keeps the last tokens of a number for people', async () => {
    const pace = new Pace(one, systemClock);
    const person = target('evolution');
    const program: PaceTarget = { ...person, priority: 'automatic' };
    expect(await takeMany([pace], program, 10)).toBe(4);
    expect((await pace.take(program)).waitMs).toBeGreaterThan(0);
    expect(await pace.take(person)).toMatchObject({ waitMs: 0 });
  });

  it.each([
    { provider: 'cloud', coexistence: false, perSecond: 80 },
    // The Business app uses the number as well.
    { provider: 'cloud', coexistence: true, perSecond: 20 },
    { provider: 'twilio', coexistence: false, perSecond: 80 },
  ] as const)('is $perSecond a second for $provider, coexistence $coexistence', async ({ perSecond, ...number }) => {
    const pace = new Pace(one, systemClock);
    const wanted = target(number.provider, number);
    const startedMs = performance.now();
    const answers = await Promise.all(
      Array.from({ length: perSecond * 3 }, () => pace.take({ ...wanted, threadId: uuid7() })),
    );
    const elapsedS = (performance.now() - startedMs) / 1000;
    const taken = answers.filter(({ waitMs }) => waitMs === 0).length;
    expect(taken).toBeGreaterThanOrEqual(perSecond);
    expect(taken).toBeLessThanOrEqual(perSecond * (1 + elapsedS) + 1);
    // An empty bucket gives the next token after a second's share of them.
    const { waitMs } = await pace.take(wanted);
    expect(waitMs).toBeLessThanOrEqual(Math.ceil(1000 / perSecond));
  });

  it('halves when the carrier complains, again when it complains again, and never stops', async () => {
    const pace = new Pace(one, systemClock);
    const wanted = target('evolution');
    const startedMs = performance.now();
    await pace.take(wanted);
    for (const perTokenMs of [2000, 4000, 8000, 8000]) {
      pace.slowDown(wanted.accountId);
      const { waitMs } = await pace.take(wanted);
      // Of the next token there is what came since the first, at most one a second.
      const missing = 1 - (performance.now() - startedMs) / 1000;
      expect(waitMs).toBeGreaterThanOrEqual(Math.floor(perTokenMs * missing));
      expect(waitMs).toBeLessThanOrEqual(perTokenMs);
    }
    // The slowing ends by itself: a minute per halving.
    const left = await one.pttl(`slow:{${wanted.accountId}}`);
    expect(left).toBeGreaterThan(120_000);
    expect(left).toBeLessThanOrEqual(180_000);
  });

  it('rests for all workers when a carrier asked for it', async () => {
    const wanted = target('cloud');
    new Pace(one, systemClock).rest(wanted.accountId, 60_000);
    const elsewhere = new Pace(other, systemClock);
    await waitFor(async () => (await elsewhere.take(wanted)).waitMs > 50_000, { what: 'the rest to be known' });
  });

  it('goes on carefully, and still rests, while Redis is away', async () => {
    const lonely = await startTestRedis();
    const client = await connectRedis(lonely.url, 'volatile');
    await lonely.kill();
    const pace = new Pace(client, systemClock);
    const wanted = target('evolution');
    expect(await takeMany([pace], wanted, 5)).toBe(1);
    const rested = target('cloud');
    pace.rest(rested.accountId, 60_000);
    expect(await pace.take(rested)).toMatchObject({ scope: 'account' });
    await closeRedis(client);
    await lonely.drop();
  });
});
