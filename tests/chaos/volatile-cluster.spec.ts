/** What is counted and leased on a cluster goes on while a master is away: the others' as ever, its own as without Redis. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLimiter } from '../../src/http/rate-limit.ts';
import { readLeases, syncLease, syncLeases, type LeaseShare } from '../../src/inbox/presence/lease-set.ts';
import { Pace, type PaceTarget } from '../../src/inbox/messages/dispatch/pace.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { publishOn } from '../../src/platform/channels.ts';
import { becomeReady, createVolatileRedis } from '../../src/platform/redis-cluster.ts';
import { closeRedis, isOneServer, type VolatileRedis } from '../../src/platform/redis.ts';
import { silentLog } from '../support/log.ts';
import { startTestCluster, type ClusterNode, type TestCluster } from '../support/redis-cluster.ts';
import { waitFor } from '../support/wait.ts';

/** Enough that every master has some. */
const MANY = 24;
/** Beyond the sets that are asked for at once. */
const MORE_THAN_A_BATCH = 250;

let cluster: TestCluster;
let one: VolatileRedis;
let other: VolatileRedis;
let victim: ClusterNode;

beforeAll(async () => {
  cluster = await startTestCluster({ needsAllSlots: false });
  one = createVolatileRedis(cluster.url, silentLog);
  other = createVolatileRedis(cluster.url, silentLog);
  await Promise.all([becomeReady(one, 5000), becomeReady(other, 5000)]);
  victim = cluster.nodes[1]!;
});
afterEach(giveBack);
afterAll(async () => {
  await Promise.all([closeRedis(one), closeRedis(other)]);
  await cluster.drop();
});

let isDown = false;

async function take(how: 'kill' | 'freeze'): Promise<void> {
  isDown = how === 'kill';
  if (isDown) await victim.server.kill();
  else victim.server.freeze();
}

async function giveBack(): Promise<void> {
  victim.server.thaw();
  if (isDown) await victim.server.restart();
  isDown = false;
  await waitFor(async () => (await aliveOf(MORE_THAN_A_BATCH)).every((alive) => alive !== null), {
    what: 'every master answers again',
  });
}

/** For what is looked at anew where a busy machine was too late by itself. */
const LONG_MS = 120_000;

/** What holds from the moment the victim is gone, of what was prepared before. */
async function without<T>(
  how: 'kill' | 'freeze',
  prepare: () => Promise<T>,
  look: (prepared: T) => Promise<void>,
): Promise<void> {
  await waitFor(
    async () => {
      await giveBack();
      const prepared = await prepare();
      await take(how);
      await look(prepared);
      return true;
    },
    { deadlineMs: 90_000, what: 'what holds without one master' },
  );
}

const setKey = (index: number): string => `test:leases:{${String(index)}}`;

async function aliveOf(count: number, node = 'node'): Promise<(readonly unknown[] | null)[]> {
  const shares = Array.from({ length: count }, (_, index): LeaseShare => {
    return { key: setKey(index), leases: [{ id: `holder ${String(index)}`, value: 'here' }] };
  });
  return await syncLeases(one, node, shares);
}

/** Keys by whether the victim has them, by its own account. */
async function split(keys: readonly string[]): Promise<{ readonly its: string[]; readonly rest: string[] }> {
  const owners = await Promise.all(keys.map((key) => cluster.ownerOf(key)));
  const its = keys.filter((_, index) => owners[index] === victim);
  return { its, rest: keys.filter((key) => !its.includes(key)) };
}

const accountPace = (accountId: string): PaceTarget => ({
  ...{ accountId, threadId: randomUUID(), provider: 'evolution', coexistence: false, priority: 'agent' },
});

async function sendsAllowed(accountId: string): Promise<number> {
  const paces = [new Pace(one, systemClock), new Pace(other, systemClock)];
  let taken = 0;
  for (let at = 0; at < 12; at += 1) {
    const answer = await paces[at % 2]!.take(accountPace(accountId));
    if (answer.waitMs === 0) taken += 1;
  }
  return taken;
}

/** How many of three points each that two gateways ask for are given. */
async function pointsGiven(key: string): Promise<number> {
  const budget = { points: 3, seconds: 60 };
  const limiters = [one, other].map((redis) => createLimiter(redis, 'cluster-test', budget));
  const asked = limiters.flatMap((limiter) => Array.from({ length: 3 }, () => limiter.take(key)));
  const answers = await Promise.allSettled(asked);
  for (const answer of answers) {
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'rate_limited' });
  }
  return answers.filter(({ status }) => status === 'fulfilled').length;
}

describe('on a cluster', () => {
  it('leases, budgets and paces are shared, whichever master has them', async () => {
    const alive = await waitFor(async () => {
      const found = await aliveOf(MANY);
      return found.every((leases) => leases !== null) && found;
    });
    expect(alive.map((leases) => leases.length)).toEqual(Array.from({ length: MANY }, () => 1));
    const guests = [{ id: 'guest', value: 'here' }];
    await waitFor(() => syncLease(other, 'another', { key: setKey(0), leases: guests }));
    const found = await waitFor(() => readLeases(one, setKey(0)));
    expect(found.map(({ id }) => id).sort()).toEqual(['guest', 'holder 0']);
    await waitFor(() => syncLease(other, 'another', { key: setKey(0), leases: [] }));
    const names = (): string[] => Array.from({ length: MANY }, () => randomUUID());
    // A gateway that Redis does not answer in time counts by itself: then others are counted.
    const given = (): Promise<number[]> => Promise.all(names().map(pointsGiven));
    await waitFor(async () => (await given()).every((points) => points === 3), { what: 'budgets that are shared' });
    // Also a pace allows more where the asking takes long.
    const areShared = async (): Promise<boolean> =>
      (await Promise.all(names().map(sendsAllowed))).every((taken) => taken >= 5 && taken < 8);
    await waitFor(areShared, { what: 'paces that are shared' });
  });

  it.each(['kill', 'freeze'] as const)(
    'without one master the leases of others are renewed: %s',
    async (how) => {
      const keys = Array.from({ length: MORE_THAN_A_BATCH }, (_, index) => setKey(index));
      const prepare = (): ReturnType<typeof split> => split(keys);
      await without(how, prepare, async ({ its }) => {
        expect(its.length).toBeGreaterThan(0);
        const alive = await aliveOf(MORE_THAN_A_BATCH);
        expect(keys.filter((_, index) => alive[index] === null)).toEqual(its);
        await expect(syncLease(one, 'node', { key: its[0]!, leases: [] })).rejects.toThrow();
      });
    },
    LONG_MS,
  );

  it('a master that stands still is left, so that what it is told does not pile up', async () => {
    if (isOneServer(one)) throw new Error('That is one server.');
    const connections = one.nodes('master').filter(({ options }) => options.port === victim.server.port);
    expect(connections.map(({ status }) => status)).toEqual(['ready']);
    const { its } = await split(Array.from({ length: MANY }, (_, index) => setKey(index)));
    await take('freeze');
    await expect(publishOn(one, its[0]!, 'nobody hears it')).rejects.toThrow();
    await waitFor(() => connections.every(({ status }) => status !== 'ready'), { what: 'the connection is given up' });
    await expect(publishOn(one, its[0]!, 'nobody hears it')).rejects.toThrow('Connection is closed.');
  });

  it.each(['kill', 'freeze'] as const)(
    'without one master budgets and paces hold: %s',
    async (how) => {
      const nameOf = (key: string): string => /[0-9a-f-]{36}/.exec(key)?.[0] ?? '';
      const prepare = async () => {
        const names = Array.from({ length: MANY }, () => randomUUID());
        const budgets = await split(names.map((name) => `hunfly:rl:cluster-test:${name}`));
        return { budgets, paces: await split(names.map((name) => `pace:{${name}}`)) };
      };
      await without(how, prepare, async ({ budgets, paces }) => {
        // Each gateway counts for itself.
        expect(await Promise.all(budgets.its.map((key) => pointsGiven(nameOf(key))))).toEqual(budgets.its.map(() => 6));
        expect(await Promise.all(budgets.rest.map((key) => pointsGiven(nameOf(key))))).toEqual(
          budgets.rest.map(() => 3),
        );
        for (const taken of await Promise.all(paces.its.map((key) => sendsAllowed(nameOf(key))))) {
          expect(taken).toBeGreaterThan(0);
          expect(taken).toBeLessThan(8);
        }
        for (const taken of await Promise.all(paces.rest.map((key) => sendsAllowed(nameOf(key))))) {
          expect(taken).toBeGreaterThanOrEqual(5);
        }
      });
    },
    LONG_MS,
  );
});
