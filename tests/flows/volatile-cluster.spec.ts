/** With the volatile things on a Redis Cluster screens stay live, whichever master dies or gives a slot away. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HINT_CHANNEL } from '../../src/inbox/hints.ts';
import { channelOn } from '../../src/platform/channels.ts';
import { createVolatileRedis } from '../../src/platform/redis-cluster.ts';
import { closeRedis, type VolatileRedis } from '../../src/platform/redis.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  customerWrites,
  openBusiness,
  openThread,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { silentLog } from '../support/log.ts';
import { startTestCluster, type TestCluster } from '../support/redis-cluster.ts';
import { waitFor } from '../support/wait.ts';

let cluster: TestCluster;
let names: VolatileRedis;
let journey: Journey;
/** One for each master, which carries its hints. */
let businesses: Business[];

beforeAll(async () => {
  cluster = await startTestCluster({ replicas: true, needsAllSlots: false });
  names = createVolatileRedis(cluster.url, silentLog);
  journey = await startJourney({ env: { REDIS_VOLATILE_URL: cluster.url, METRICS_TOKEN: 'scrape' } });
  businesses = await onePerMaster();
}, 120_000);
afterAll(async () => {
  await journey.stop();
  await closeRedis(names);
  await cluster.drop();
});

const channelOf = ({ tenantId }: Business): string => channelOn(names, HINT_CHANNEL, tenantId);

async function onePerMaster(): Promise<Business[]> {
  const found = new Map<number, Business>();
  while (found.size < cluster.nodes.length) {
    const business = await openBusiness(journey);
    const { server } = await cluster.ownerOf(channelOf(business));
    if (!found.has(server.port)) found.set(server.port, business);
  }
  return [...found.values()];
}

/** Somebody of a business on each gateway, and a thread that both see. */
interface Pair {
  readonly business: Business;
  readonly clients: readonly [TestClient, TestClient];
  readonly threadId: string;
  readonly digits: string;
}

async function pairOf(business: Business): Promise<Pair> {
  const [one, other] = journey.nodes;
  const clients = await Promise.all([
    liveClient(one.url, business.people.lead.token),
    liveClient(other.url, business.people.admin.token),
  ]);
  return { business, clients, ...(await openThread(journey, business)) };
}

function close(pairs: readonly Pair[]): void {
  for (const client of pairs.flatMap(({ clients }) => clients)) client.close();
}

/** A customer writes, and both screens show it. */
async function bothSee({ business, clients, digits }: Pair): Promise<void> {
  const text = randomUUID();
  await customerWrites(journey, business, { from: digits, text });
  const has = (client: TestClient): boolean =>
    client.events().some((event) => event.type === 'message.created' && event.data.message.text === text);
  await waitFor(() => clients.every(has), { what: 'a text at both screens' });
}

async function hintsHeard(): Promise<number[]> {
  return await Promise.all(
    journey.nodes.map(async ({ url }) => {
      const response = await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer scrape' } });
      return Number(/^hunfly_realtime_hints_heard_total (\d+)$/m.exec(await response.text())?.[1] ?? NaN);
    }),
  );
}

/** Not by the poll alone: each gateway hears hints of this business. */
async function hintsCome(pair: Pair): Promise<void> {
  const before = await hintsHeard();
  await waitFor(
    async () => {
      await bothSee(pair);
      return (await hintsHeard()).every((count, index) => count > (before[index] ?? 0));
    },
    { what: 'hints at both gateways' },
  );
}

/** What one does the other is shown, from gateway to gateway. */
async function signalsCross({ business, clients, threadId }: Pair): Promise<void> {
  const [lead, admin] = clients;
  const leadId = business.people.lead.memberId;
  const counts = { typing: admin.typing.length, viewing: admin.viewing.length, presence: admin.presence.length };
  await waitFor(
    async () => {
      await lead.send('typing:set', { threadId, typing: true });
      return admin.typing.slice(counts.typing).some(({ by }) => by.id === leadId);
    },
    { what: 'typing at the other gateway' },
  );
  await lead.send('thread:close', { threadId });
  await lead.send('thread:open', { threadId });
  await waitFor(
    () =>
      admin.viewing.slice(counts.viewing).some(({ members }) => members.some(({ memberId }) => memberId === leadId)),
    { what: 'viewing at the other gateway' },
  );
  const seen = (state: string): boolean =>
    admin.presence
      .slice(counts.presence)
      .some(({ members }) => members.some((member) => member.memberId === leadId && member.state === state));
  for (const state of ['busy', 'online']) {
    await lead.send('presence:set', { state });
    await waitFor(() => seen(state), { what: `${state} at the other gateway` });
  }
}

async function bothReady(): Promise<boolean> {
  const answers = await Promise.all(journey.nodes.map(({ url }) => fetch(`${url}/health/ready`)));
  return answers.every(({ status }) => status === 200);
}

/** The frames of each connection follow each other: nothing is missing, nothing came twice. */
function allInOrder(pairs: readonly Pair[]): void {
  for (const client of pairs.flatMap(({ clients }) => clients)) {
    const seqs = client.events().map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
    client.frames.slice(1).forEach((frame, index) => expect(frame.from).toBe(client.frames[index]?.to));
    expect(client.resyncs).toEqual([]);
  }
}

describe('with the volatile things on a cluster', () => {
  it('every master carries hints, typing, viewing and presence between two gateways', async () => {
    const pairs = await Promise.all(businesses.map(pairOf));
    for (const pair of pairs) {
      await hintsCome(pair);
      await signalsCross(pair);
    }
    const stats = await Promise.all(cluster.nodes.map(({ client }) => client.info('commandstats')));
    // Where the leases of a business are is by another hash.
    for (const own of stats) expect(own).toContain('cmdstat_spublish:calls=');
    allInOrder(pairs);
    close(pairs);
  });

  it('a slot that moves is followed', async () => {
    const pair = await pairOf(businesses[0]!);
    const channel = channelOf(pair.business);
    const from = await cluster.ownerOf(channel);
    const to = cluster.nodes.find((node) => node !== from)!;
    await cluster.move(channel, to);
    await bothSee(pair);
    await hintsCome(pair);
    await signalsCross(pair);
    const listened = (await to.client.call('PUBSUB', 'SHARDCHANNELS', channel)) as string[];
    expect(listened).toEqual([channel]);
    await cluster.move(channel, from);
    await hintsCome(pair);
    allInOrder([pair]);
    close([pair]);
  });

  it('a master that is killed is missed by nobody for long, and not at all by the businesses of others', async () => {
    const [mine, others] = await Promise.all([pairOf(businesses[1]!), pairOf(businesses[2]!)]);
    await Promise.all([hintsCome(mine), hintsCome(others)]);
    const failedOver = cluster.failOver(channelOf(mine.business), 'kill');
    await Promise.all([bothSee(mine), hintsCome(others)]);
    expect(await bothReady()).toBe(true);
    await failedOver;
    await hintsCome(mine);
    await signalsCross(mine);
    await signalsCross(others);
    expect(await bothReady()).toBe(true);
    allInOrder([mine, others]);
    expect(journey.nodes.map(({ child }) => child.exitCode)).toEqual([null, null]);
    close([mine, others]);
  }, 120_000);

  it('what has no replica any more is waited for by nobody, and is live again when it is back', async () => {
    const pair = await pairOf(businesses[1]!);
    const alone = await cluster.ownerOf(channelOf(pair.business));
    await alone.server.kill();
    for (let round = 0; round < 3; round += 1) await bothSee(pair);
    expect(await bothReady()).toBe(true);
    for (const client of pair.clients) {
      expect(await client.send('thread:open', { threadId: pair.threadId })).toMatchObject({ ok: true });
      expect(await client.send('presence:set', { state: 'busy' })).toMatchObject({ ok: true });
    }
    await alone.server.restart();
    await hintsCome(pair);
    await signalsCross(pair);
    allInOrder([pair]);
    close([pair]);
  }, 120_000);
});
