/** What agents write is never sent twice and never forgotten, whatever is killed or stopped meanwhile. */
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ThreadRef } from '../../src/inbox/messages/dispatch/types.ts';
import { OUTBOUND_STREAM, OutboundQueue } from '../../src/inbox/messages/dispatch/queue.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { streamKeys, StreamProducer } from '../../src/platform/stream.ts';
import { apply, part, status } from '../support/ingest.ts';
import { createSendingTenant, createThread, queueText, stored, type TestAccount } from '../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../support/provider-stub.ts';
import { createSystem, SECRETS, type System, type Worker } from '../support/system.ts';
import { connectRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

const SHARDS = 8;
/** For what takes a third of a minute on a machine of its own. */
const LONG_MS = 150_000;
const KEY = encryptionKey(Buffer.from(SECRETS.ENCRYPTION_KEY, 'hex'));
const LEASE = { HUNFLY_OUTBOUND_LEASE_MS: '3000' };

let system: System;
let stub: ProviderStub;
let client: RedisClient;
let queue: OutboundQueue;
let account: TestAccount;

async function start(options: Parameters<typeof createSystem>[0] = {}): Promise<void> {
  system = await createSystem({ ...options, env: LEASE });
  client = await connectRedis(system.redis.url);
  queue = new OutboundQueue(new StreamProducer(client), SHARDS);
  account = await createSendingTenant(system.database, { baseUrl: stub.url, key: KEY });
}

beforeEach(async () => {
  stub = await startProviderStub();
});
afterEach(async () => {
  await stub.close();
  await closeRedis(client);
  await system.stop();
});

const outbound = (): Promise<Worker> => system.spawn('consumers/outbound');
const housekeeping = (): Promise<Worker> => system.spawn('consumers/housekeeping');
const thread = (n: number, of: TestAccount = account): Promise<ThreadRef> =>
  createThread(system.database, of, String(15_550_100_000 + n));
const nudge = (ref: ThreadRef): Promise<void> => queue.append({ ...ref, task: 'send' });

async function sendStates(): Promise<Record<string, number>> {
  const rows = await system.database.run(
    'test.states',
    (sql) => sql<{ state: string; count: number }[]>`
      select send_state as state, count(*)::int as count from messages where tenant_id = ${account.tenantId} group by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

describe('a worker that is killed', () => {
  it('during the call leaves an unknown message that nobody sends again, until its status settles it', async () => {
    await start();
    const ref = await thread(1);
    const id = await queueText(system.database, ref, 'one');
    const follower = await queueText(system.database, ref, 'two');
    const victim = await outbound();
    let killed = false;
    stub.answer = async (_call, index) => {
      if (index === 0) {
        await victim.end('SIGKILL');
        killed = true;
      }
      return { kind: 'accept' };
    };
    await nudge(ref);
    await waitFor(() => killed, { what: 'the worker to be killed during the call' });
    await Promise.all([outbound(), outbound(), housekeeping()]);
    await waitFor(async () => (await stored(system.database, follower)).status === 'sent', { deadlineMs: 30_000 });
    expect(await stored(system.database, id)).toMatchObject({ sendState: 'unknown', status: 'unknown' });
    expect(stub.calls.map(({ text }) => text)).toEqual(['one', 'two']);
    await apply(system.database, account, [part([status(account.channel, 'wamid.1', 'delivered', { clientRef: id })])]);
    expect(await stored(system.database, id)).toMatchObject({ status: 'delivered', providerMessageId: 'wamid.1' });
  });

  it('between claim and call leaves an unknown message as well, because nobody can know', async () => {
    await start();
    // Takes connections and says nothing: the claim is committed, the request is never written.
    const silent = await listen();
    const mute = await createSendingTenant(system.database, {
      baseUrl: `https://127.0.0.1:${portOf(silent)}`,
      key: KEY,
    });
    const ref = await thread(1, mute);
    const id = await queueText(system.database, ref, 'one');
    const victim = await outbound();
    await nudge(ref);
    await waitFor(async () => (await stored(system.database, id)).sendState === 'sending', { what: 'the claim' });
    await victim.end('SIGKILL');
    silent.close();
    await system.database.run(
      'test.move',
      (sql) => sql`update whatsapp_accounts set api_base_url = ${stub.url} where id = ${mute.accountId}`,
    );
    await Promise.all([outbound(), housekeeping()]);
    await waitFor(async () => (await stored(system.database, id)).sendState === 'unknown', { deadlineMs: 30_000 });
    await nudge(ref);
    const after = await queueText(system.database, ref, 'two');
    await nudge(ref);
    await waitFor(async () => (await stored(system.database, after)).status === 'sent', { deadlineMs: 30_000 });
    expect(stub.calls.map(({ text }) => text)).toEqual(['two']);
  });

  it(
    'again and again, with three others: every message is sent or unknown, none twice, each thread in order',
    async () => {
      await start();
      const refs = await Promise.all(Array.from({ length: 15 }, (_, n) => thread(n)));
      stub.answer = async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        return { kind: 'accept' };
      };
      const workers = await Promise.all([outbound(), outbound(), outbound()]);
      await housekeeping();
      for (let round = 0; round < 6; round += 1) {
        for (const [n, ref] of refs.entries()) await queueText(system.database, ref, `${String(n)}:${String(round)}`);
        await Promise.all(refs.map(nudge));
        const victim = workers.shift();
        await waitFor(() => stub.delivered.length > round * 10, { deadlineMs: 30_000, what: 'some of the round' });
        await victim?.end('SIGKILL');
        workers.push(await outbound());
      }
      await waitFor(
        async () => {
          const states = await sendStates();
          return (states['queued'] ?? 0) + (states['sending'] ?? 0) === 0;
        },
        { deadlineMs: 45_000, what: 'everything to be decided' },
      );
      const states = await sendStates();
      expect(new Set(stub.delivered).size).toBe(stub.delivered.length);
      expect((states['accepted'] ?? 0) + (states['unknown'] ?? 0)).toBe(90);
      // What is recorded as sent was delivered; what is unknown may have been.
      expect(stub.delivered.length).toBeGreaterThanOrEqual(states['accepted'] ?? 0);
      for (const n of refs.keys()) {
        const rounds = stub.delivered.flatMap((text) => (text.startsWith(`${String(n)}:`) ? [text] : []));
        expect(rounds).toEqual([...rounds].sort());
      }
    },
    LONG_MS,
  );
});

describe('an engine that is away', () => {
  it('a Redis that lost all nudges delays a message but does not lose it', async () => {
    await start();
    const refs = await Promise.all([1, 2, 3].map((n) => thread(n)));
    await Promise.all(refs.map((ref, n) => queueText(system.database, ref, `m${String(n)}`)));
    await Promise.all(refs.map(nudge));
    await client.del(...streamKeys(OUTBOUND_STREAM, SHARDS));
    await Promise.all([outbound(), housekeeping()]);
    await waitFor(() => stub.delivered.length === 3, { deadlineMs: 30_000, what: 'all messages' });
    expect([...stub.delivered].sort()).toEqual(['m0', 'm1', 'm2']);
  });

  it('a Postgres that stops during the call learns the outcome when it is back', async () => {
    await start({ ownPostgres: true });
    const ref = await thread(1);
    const id = await queueText(system.database, ref, 'one');
    stub.answer = async () => {
      await system.postgres?.stop();
      return { kind: 'accept' };
    };
    await outbound();
    await nudge(ref);
    await waitFor(() => stub.delivered.length === 1, { deadlineMs: 30_000, what: 'the call' });
    await system.postgres?.restart();
    await waitFor(async () => (await stored(system.database, id)).status === 'sent', { deadlineMs: 30_000 });
    expect(stub.calls).toHaveLength(1);
  });
});

async function listen(): Promise<Server> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: Server): string {
  return String((server.address() as AddressInfo).port);
}
