/** With everything on a Redis Cluster of three masters the product keeps its promises, also when a master dies. */
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/contract/message.ts';
import { shardOf } from '../../src/lib/hash.ts';
import { streamKey } from '../../src/platform/stream.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import {
  messageState,
  newCustomer,
  openBusiness,
  openThread,
  sendsOf,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { startTestCluster, type ClusterNode, type TestCluster } from '../support/redis-cluster.ts';
import { postCloudSigned, textValue } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const SHARDS = 8;
const SETTLED = new Set(['sent', 'delivered', 'read']);

let cluster: TestCluster;
let journey: Journey;
/** One for each master: its webhooks go there. */
let businesses: Business[];

beforeAll(async () => {
  cluster = await startTestCluster();
  const env = { REDIS_URL: cluster.url, SHARDS: String(SHARDS) };
  journey = await startJourney({ env });
  businesses = await onePerMaster();
}, 120_000);
afterAll(async () => {
  await journey.stop();
  await cluster.drop();
});

const ingestKey = ({ channel }: Business): string => streamKey('ingest', shardOf(`cloud${channel}`, SHARDS));

async function onePerMaster(): Promise<Business[]> {
  const found = new Map<number, Business>();
  while (found.size < cluster.nodes.length) {
    const business = await openBusiness(journey);
    const { server } = await cluster.ownerOf(ingestKey(business));
    if (!found.has(server.port)) found.set(server.port, business);
  }
  return [...found.values()];
}

/** How many connections wait for entries of a master's shards. */
async function readersOf({ client }: ClusterNode): Promise<number> {
  const list = String(await client.client('LIST'));
  return list.split('\n').filter((line) => line.includes('name=hunfly-reader')).length;
}

/** Posts one text of a new customer, again while there is no time for it, as a carrier does; the id, and the answer. */
async function post(business: Business, nodeIndex = 0): Promise<{ readonly id: string; readonly status: number }> {
  const id = `wamid.${randomBytes(8).toString('hex')}`;
  const node = journey.nodes[nodeIndex % 2] ?? journey.nodes[0];
  const value = textValue(business.channel, id, { from: newCustomer() });
  const send = async (): Promise<number | false> => {
    const status = await postCloudSigned(node.url, value, business.secret);
    return status !== 503 && status;
  };
  return { id, status: await waitFor(send, { what: 'a webhook that is taken' }) };
}

async function timesStored(ids: readonly string[]): Promise<number[]> {
  const rows = await journey.system.database.run(
    'test.stored',
    (sql) => sql<{ count: number }[]>`
      select count(m.id)::int as count from unnest(${[...ids]}::text[]) as wanted (id)
      left join messages m on m.provider_message_id = wanted.id group by wanted.id`,
  );
  return rows.map(({ count }) => count);
}

async function allStoredOnce(ids: readonly string[]): Promise<void> {
  await waitFor(async () => (await timesStored(ids)).every((count) => count === 1), {
    deadlineMs: 30_000,
    what: 'every webhook stored once',
  });
}

async function answer(client: TestClient, threadId: string, text: string): Promise<string> {
  const sent = await client.send('message:send', { threadId, kind: 'text', text, commandId: randomUUID() });
  if (!sent.ok) throw new Error(sent.error.code);
  return (sent.data['message'] as Message).id;
}

async function sentOnce(business: Business, messageId: string, text: string): Promise<void> {
  const isSent = async (): Promise<boolean> =>
    SETTLED.has((await messageState(journey.system.database, messageId)).status);
  await waitFor(isSent, { deadlineMs: 30_000, what: 'the answer sent' });
  expect(await sendsOf(journey, business, text)).toHaveLength(1);
}

describe('with everything on a cluster', () => {
  it('every master carries messages to the glass and answers to the customer', async () => {
    const pages = await Promise.all(
      businesses.map((business, index) => liveClient(journey.nodes[index % 2]?.url ?? '', business.people.lead.token)),
    );
    for (const [index, business] of businesses.entries()) {
      const client = pages[index]!;
      const { threadId } = await openThread(journey, business);
      await waitFor(() => client.events().some(({ type }) => type === 'message.created'));
      const text = `answer ${String(index)}`;
      await sentOnce(business, await answer(client, threadId, text), text);
      client.close();
    }
    const appends = await Promise.all(cluster.nodes.map(({ client }) => client.info('commandstats')));
    for (const stats of appends) expect(stats).toContain('cmdstat_xadd:calls=');
  });

  it('a shard that moves to another master is followed', async () => {
    const [business] = businesses;
    const key = ingestKey(business!);
    const from = await cluster.ownerOf(key);
    const to = cluster.nodes.find((node) => node.server.port !== from.server.port)!;
    const readers = await readersOf(to);
    const before = [await post(business!), await post(business!)];
    await cluster.move(key, to);
    const after = [await post(business!), await post(business!, 1)];
    expect([...before, ...after].map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await allStoredOnce([...before, ...after].map(({ id }) => id));
    expect((await cluster.ownerOf(key)).server.port).toBe(to.server.port);
    // Inbound and outbound of that shard are read where they are now.
    await waitFor(async () => (await readersOf(to)) === readers + 2);
  });

  it('nothing accepted is lost and no answer goes out twice when a master is killed and comes back', async () => {
    const business = businesses[1]!;
    const victim = await cluster.ownerOf(ingestKey(business));
    const { threadId } = await openThread(journey, business);
    const client = await liveClient(journey.nodes[0].url, business.people.lead.token);
    const posted: { readonly id: string; readonly status: number }[] = [];
    const postSome = async (): Promise<void> => {
      const round = Array.from({ length: 8 }, () => businesses).flat();
      posted.push(...(await Promise.all(round.map((one, index) => post(one, index)))));
    };
    await postSome();
    await victim.server.kill();
    await postSome();
    const text = 'while a master is away';
    const messageId = await answer(client, threadId, text);
    await postSome();
    await victim.server.restart();
    await postSome();
    expect(posted.filter(({ status }) => status !== 200)).toEqual([]);
    await allStoredOnce(posted.map(({ id }) => id));
    await sentOnce(business, messageId, text);
    client.close();
  });

  it('businesses of the other masters go on while one is away, where the cluster serves what it has', async () => {
    for (const { client } of cluster.nodes) await client.config('SET', 'cluster-require-full-coverage', 'no');
    const owners = await Promise.all(businesses.map((business) => cluster.ownerOf(ingestKey(business))));
    const [victim] = owners;
    const [lost] = businesses;
    const others = businesses.filter((_, index) => owners[index] !== victim);
    expect(others).not.toEqual([]);
    await victim!.server.kill();
    // More than one round of housekeeping takes from Postgres.
    const many = await Promise.all(Array.from({ length: 150 }, (_, index) => post(lost!, index)));
    const waiting = many.map(({ id }) => id);
    const kept: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      waiting.push((await post(lost!, round)).id);
      kept.push(...(await Promise.all(others.map((business) => post(business, round)))).map(({ id }) => id));
    }
    await allStoredOnce(kept);
    expect(await timesStored(waiting)).toEqual(waiting.map(() => 0));
    await victim!.server.restart();
    await allStoredOnce([...waiting, ...kept]);
  });

  it('a gateway says it is ready again, and the backlog is empty', async () => {
    const isReady = async (): Promise<boolean> => (await fetch(`${journey.nodes[0].url}/health/ready`)).status === 200;
    await waitFor(isReady, { deadlineMs: 20_000, what: 'the gateway is ready' });
    const lengths = async (): Promise<number[]> =>
      Promise.all(
        ['ingest', 'outbound'].flatMap((name) =>
          Array.from({ length: SHARDS }, async (_, shard) => {
            const key = streamKey(name, shard);
            return (await cluster.ownerOf(key)).client.xlen(key);
          }),
        ),
      );
    await waitFor(async () => (await lengths()).every((length) => length === 0), { deadlineMs: 70_000 });
  });
});
