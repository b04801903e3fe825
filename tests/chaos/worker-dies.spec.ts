/**
 * An inbound worker that dies in the middle of a batch loses nothing and doubles nothing. The same check sees what is
 * lost or doubled where one of the rules it rests on is broken.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountRef } from '../../src/inbox/ingest/part.ts';
import { encodeEntry, INGEST_GROUP } from '../../src/inbox/ingest/entry.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { ensureGroups, readNew } from '../../src/platform/stream-commands.ts';
import type { StreamHandler } from '../../src/platform/stream-batches.ts';
import { runStreamWorker, uniqueConsumer } from '../../src/platform/stream-worker.ts';
import { ackAndDelete, idsByKey, streamKeys, type StreamEntry } from '../../src/platform/stream.ts';
import { createBrokenDatabase, type TestDatabase } from '../support/database.ts';
import { inboundHandler } from '../support/inbound.ts';
import { apply, createTenant, message, part } from '../support/ingest.ts';
import { silentLog } from '../support/log.ts';
import { openStores, type Stores } from '../support/stores.ts';
import { textValue } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const WEBHOOKS = 5;

let stores: Stores;

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.drop());

type Account = AccountRef & { readonly channel: string };

/** As consumers/inbound works. */
function inboundOf(account: Account): StreamHandler {
  return inboundHandler(stores.db.database, { resolve: () => account, ensure: () => Promise.resolve() });
}

/** How a worker works, and how far it comes with a batch before it is gone. */
interface Worker {
  readonly handler: StreamHandler;
  readonly untilDeath: (entries: readonly StreamEntry[]) => Promise<unknown>;
}

const group = INGEST_GROUP;

/** Webhooks whose first worker dies with all of them in its hands, and whose second one works on until nothing waits. */
async function twoLives(account: Account, { handler, untilDeath }: Worker): Promise<void> {
  const keys = streamKeys(`ingest-${uuid7()}`, 1);
  const [key = ''] = keys;
  await ensureGroups(stores.client, { keys, group });
  for (let n = 0; n < WEBHOOKS; n += 1) {
    const changes = [{ field: 'messages', value: textValue(account.channel, `wamid.${String(n)}`) }];
    const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] }));
    const about = { provider: 'cloud', auth: 'global', receivedAtMs: Date.now(), correlationId: 'test' } as const;
    await stores.client.xadd(key, '*', ...Object.entries(encodeEntry({ ...about, body, bodyKey: null })).flat());
  }
  const reader = { keys, group, consumer: uniqueConsumer('first') };
  const { entries } = await readNew(stores.client, reader, { count: WEBHOOKS, blockMs: 1000 });
  expect(entries).toHaveLength(WEBHOOKS);
  await untilDeath(entries);
  const stopping = new AbortController();
  const second = runStreamWorker({
    ...{
      redisUrl: stores.redis.url,
      keys,
      group,
      consumer: uniqueConsumer('second'),
      handler,
      log: silentLog,
      metrics,
    },
    ...{ countPerShard: 50, maxBatch: 100, blockMs: 100, reclaimIdleMs: 200, signal: stopping.signal },
  });
  await waitFor(async () => (await stores.client.xlen(key)) === 0, { what: 'nothing to wait any more' });
  stopping.abort();
  await second;
}

/** Rows, and events that announced them: both are one per webhook where the promise holds. */
async function stored(database: Database, { tenantId }: Account): Promise<{ messages: number; events: number }> {
  const [row] = await database.run(
    'test.stored',
    (sql) => sql<{ messages: number; events: number }[]>`
      select (select count(*)::int from messages where tenant_id = ${tenantId}) as messages,
        (select count(*)::int from tenant_events where tenant_id = ${tenantId} and type = 'message.created') as events`,
  );
  return row ?? { messages: -1, events: -1 };
}

const ALL = { messages: WEBHOOKS, events: WEBHOOKS };

describe('a worker that dies', () => {
  it('before it has committed, loses nothing', async () => {
    const account = await createTenant(stores.db.database);
    await twoLives(account, { handler: inboundOf(account), untilDeath: () => Promise.resolve() });
    expect(await stored(stores.db.database, account)).toEqual(ALL);
  });

  it('between commit and acknowledgement, doubles nothing', async () => {
    const account = await createTenant(stores.db.database);
    const handler = inboundOf(account);
    await twoLives(account, { handler, untilDeath: handler });
    expect(await stored(stores.db.database, account)).toEqual(ALL);
  });

  it('loses everything where it acknowledges before it commits (negative control)', async () => {
    const account = await createTenant(stores.db.database);
    await twoLives(account, {
      handler: inboundOf(account),
      untilDeath: (entries) => ackAndDelete(stores.client, group, idsByKey(entries)),
    });
    expect(await stored(stores.db.database, account)).not.toEqual(ALL);
  });

  it('loses everything where a mark in Redis says what is a duplicate (negative control)', async () => {
    const account = await createTenant(stores.db.database);
    const unseen = async (entries: readonly StreamEntry[]): Promise<StreamEntry[]> => {
      const marks = await Promise.all(
        entries.map(({ key, id }) => stores.client.set(`seen:${key}:${id}`, '1', 'EX', 60, 'NX')),
      );
      return entries.filter((_entry, index) => marks[index] === 'OK');
    };
    const real = inboundOf(account);
    const handler: StreamHandler = async (entries) => {
      const fresh = await unseen(entries);
      if (fresh.length > 0) await real(fresh);
      return idsByKey(entries);
    };
    await twoLives(account, { handler, untilDeath: unseen });
    expect(await stored(stores.db.database, account)).not.toEqual(ALL);
  });
});

describe('one webhook, twenty times at once', () => {
  /** Over connections of their own, as many workers. */
  async function twenty(database: TestDatabase): Promise<{ messages: number; events: number }> {
    const account = await createTenant(database.database);
    const pools = Array.from({ length: 4 }, () => database.open());
    const webhook = (): Parameters<typeof apply>[2] => [part([message(account.channel, 'wamid.once')])];
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => apply(pools[n % 4] ?? database.database, account, webhook())),
    );
    return stored(database.database, account);
  }

  it('is one row and one event', async () => {
    expect(await twenty(stores.db)).toEqual({ messages: 1, events: 1 });
  });

  it('is many where no unique key decides (negative control)', async () => {
    const keyless = await createBrokenDatabase('insert_messages', (text) =>
      text.replace(/on conflict \(tenant_id, account_id, direction.*?returning/s, 'returning'),
    );
    await keyless.database.run('test.break', (sql) => sql`drop index messages_provider_key`);
    const { messages, events } = await twenty(keyless);
    await keyless.drop();
    expect([messages > 1, events > 1]).toEqual([true, true]);
  });
});
