/** Webhooks are neither lost nor doubled, whatever is killed or stopped meanwhile. */
import { afterEach, describe, expect, it } from 'vitest';
import { AccountDirectory } from '../../src/inbox/accounts/directory.ts';
import type { AccountRef } from '../../src/inbox/ingest/part.ts';
import { verify, type Report } from '../../src/inbox/verify/report.ts';
import { parseBody } from '../../src/deps.ts';
import { shardOf } from '../../src/lib/hash.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { createTenant } from '../support/ingest.ts';
import { silentLog } from '../support/log.ts';
import { createSystem, deliverCloud, postCloud, textValue, type System, type Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const CHANNEL = '100000000000001';
const THREADS = 25;
const SHARDS = 8;
const LONG_MS = 150_000;

let system: System;
let account: AccountRef & { channel: string };

afterEach(async () => {
  await system.stop();
});

const start = async (options: Parameters<typeof createSystem>[0] = {}): Promise<{ nodes: Worker[] }> => {
  system = await createSystem(options);
  account = await createTenant(system.database, CHANNEL);
  return { nodes: await Promise.all([system.spawn('server'), system.spawn('server')]) };
};

const customer = (i: number): { from: string; name: string } => ({
  from: `1555010${String(1000 + (i % THREADS))}`,
  name: `Customer ${String(i % THREADS)}`,
});

/** Another number of the same tenant, whose webhooks another shard carries. */
const addNumber = async (channel: string): Promise<void> => {
  await system.database.run(
    'test.account',
    (sql) => sql`insert into whatsapp_accounts (tenant_id, id, provider, external_id, name)
      values (${account.tenantId}, ${uuid7()}, 'cloud', ${channel}, 'Second')`,
  );
};

const people = async (): Promise<unknown> => {
  const [row] = await system.database.run(
    'test.people',
    (sql) => sql<{ contacts: number; threads: { account: string; unread: number }[] }[]>`
    select (select count(*)::int from contacts where tenant_id = ${account.tenantId}) as contacts,
      (select jsonb_agg(jsonb_build_object('account', external_id, 'unread', unread_count) order by external_id)
        from threads t join whatsapp_accounts a on a.id = t.account_id where t.tenant_id = ${account.tenantId}) as threads`,
  );
  return row;
};

/** Messages stored, and how many events announced them. */
const stored = async (): Promise<{ messages: number; events: number; unread: number }> => {
  const rows = await system.database.run(
    'test.stored',
    (sql) => sql<{ messages: number; events: number; unread: number }[]>`
    select (select count(*)::int from messages where tenant_id = ${account.tenantId}) as messages,
      (select count(*)::int from tenant_events where tenant_id = ${account.tenantId} and type = 'message.created') as events,
      (select coalesce(sum(unread_count), 0)::int from threads where tenant_id = ${account.tenantId}) as unread`,
  );
  return rows[0] ?? { messages: -1, events: -1, unread: -1 };
};

const report = async (): Promise<Report> => {
  const directory = new AccountDirectory({
    db: system.database,
    keys: [],
    globalSecrets: { cloud: [], evolution: [], twilio: [] },
    log: silentLog,
  });
  await directory.start();
  directory.stop();
  const range = { tenantId: account.tenantId, from: new Date(0), to: new Date(Date.now() + 60_000) };
  const { resolve, isErased } = directory;
  return verify({ db: system.database, resolve, isErased, parse: parseBody }, range);
};

/** Sends `count` webhooks with bounded parallelism, again and again until each is taken. */
const flood = async (nodes: readonly Worker[], count: number, prefix: string): Promise<void> => {
  let next = 0;
  const sender = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      await deliverCloud(
        i % 2 === 0 ? nodes : [...nodes].reverse(),
        textValue(CHANNEL, `wamid.${prefix}${String(i)}`, { ...customer(i), atS: 1767614400 + i }),
      );
    }
  };
  await Promise.all(Array.from({ length: 16 }, sender));
};

describe('a webhook answered 200', () => {
  it('is one row, one event and one unread, posted twenty times at once on two nodes', async () => {
    const { nodes } = await start();
    await system.spawn('consumers/inbound');
    const value = textValue(CHANNEL, 'wamid.once');
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => postCloud(nodes[i % 2] ?? { url: '' }, value)),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
    await deliverCloud(nodes, textValue(CHANNEL, 'wamid.last', { from: '15550109999' }));
    await waitFor(async () => (await stored()).messages === 2);
    expect(await stored()).toEqual({ messages: 2, events: 2, unread: 2 });
  });

  it('is of one contact with one thread per number, when ten first messages to each come at once on two nodes', async () => {
    const second = '100000000000002';
    // Two workers race for the contact only where the two numbers are in different shards.
    expect(shardOf(`cloud${CHANNEL}`, SHARDS)).not.toBe(shardOf(`cloud${second}`, SHARDS));
    const { nodes } = await start({ env: { SHARDS: String(SHARDS) } });
    await addNumber(second);
    await Promise.all([system.spawn('consumers/inbound'), system.spawn('consumers/inbound')]);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        postCloud(nodes[(i >> 1) % 2] ?? { url: '' }, textValue(i % 2 === 0 ? CHANNEL : second, `wamid.f${String(i)}`)),
      ),
    );
    expect(new Set(answers)).toEqual(new Set([200]));
    await waitFor(async () => (await stored()).messages === 20);
    expect(await people()).toEqual({
      contacts: 1,
      threads: [
        { account: CHANNEL, unread: 10 },
        { account: second, unread: 10 },
      ],
    });
  });

  it(
    'survives inbound workers that are killed every 300 ms, each once, and verify finds a row deleted behind its back',
    async () => {
      const { nodes } = await start();
      const killing = new AbortController();
      const killer = (async (): Promise<void> => {
        let workers: Worker[] = await Promise.all([
          system.spawn('consumers/inbound'),
          system.spawn('consumers/inbound'),
        ]);
        while (!killing.signal.aborted) {
          await new Promise((resolve) => setTimeout(resolve, 300));
          const victim = workers[Math.floor(Math.random() * workers.length)];
          await victim?.end('SIGKILL');
          workers = [...workers.filter((worker) => worker !== victim), await system.spawn('consumers/inbound')];
        }
      })();
      await flood(nodes, 2000, 'k');
      await waitFor(async () => (await stored()).messages === 2000, {
        deadlineMs: 90_000,
        what: 'all messages stored',
      });
      killing.abort();
      await killer;
      expect(await stored()).toEqual({ messages: 2000, events: 2000, unread: 2000 });
      const fine = await report();
      expect(fine).toMatchObject({ accepted: 2000, applied: 2000, deadLettered: 0, differences: [] });
      await system.database.run(
        'test.delete',
        (sql) =>
          sql`delete from messages where tenant_id = ${account.tenantId} and provider_message_id = 'wamid.k1234'`,
      );
      const wrong = await report();
      expect(wrong.differences).toContainEqual({
        kind: 'missing_message',
        tenantId: account.tenantId,
        id: 'wamid.k1234',
      });
      expect(wrong.differences.map(({ kind }) => kind)).toContain('unread_count');
    },
    LONG_MS,
  );

  it(
    'waits in Postgres while Redis is away, appears when it is back, and is refused only when both are',
    async () => {
      const { nodes } = await start({ ownPostgres: true });
      await system.spawn('consumers/inbound');
      await system.spawn('consumers/housekeeping');
      await flood(nodes, 20, 'a');
      await system.redis.stop();
      expect(await postCloud(nodes[0] ?? { url: '' }, textValue(CHANNEL, 'wamid.spilled', customer(1)))).toBe(200);
      await flood(nodes, 20, 'b');
      await system.postgres?.stop();
      expect(await postCloud(nodes[0] ?? { url: '' }, textValue(CHANNEL, 'wamid.refused', customer(1)))).toBe(503);
      await system.postgres?.restart();
      await system.redis.restart();
      await waitFor(async () => (await stored()).messages === 41, {
        deadlineMs: 45_000,
        what: 'spilled messages stored',
      });
      expect((await report()).differences).toEqual([]);
    },
    LONG_MS,
  );

  it(
    'waits in Redis while Postgres is stopped for 20 s under load; no process dies',
    async () => {
      const { nodes } = await start({ ownPostgres: true });
      const workers = [...nodes, await system.spawn('consumers/inbound'), await system.spawn('consumers/inbound')];
      await flood(nodes, 50, 'a');
      await system.postgres?.stop();
      const backAt = performance.now() + 20_000;
      let sent = 0;
      while (performance.now() < backAt) {
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, i) =>
            postCloud(nodes[i % 2] ?? { url: '' }, textValue(CHANNEL, `wamid.d${String(sent + i)}`, customer(i))),
          ),
        );
        expect(new Set(answers)).toEqual(new Set([200]));
        sent += 10;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      await system.postgres?.restart();
      await waitFor(async () => (await stored()).messages === 50 + sent, {
        deadlineMs: 45_000,
        what: 'everything stored after the outage',
      });
      expect(workers.map(({ child }) => child.exitCode)).toEqual(workers.map(() => null));
      expect((await report()).differences).toEqual([]);
    },
    LONG_MS,
  );
});
