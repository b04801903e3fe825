/** What this release cannot read on the stream of webhooks is kept whole, holds up nobody, and can be applied later. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../../src/cli/commands.ts';
import { runCli } from '../../../src/cli/run.ts';
import { encodeEntry, INGEST_GROUP } from '../../../src/inbox/ingest/entry.ts';
import { insertBody, insertSpill } from '../../../src/inbox/ingest/spill.ts';
import { decodeOrKeep, keepUnreadable } from '../../../src/inbox/ingest/unreadable.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { loadConfig } from '../../../src/platform/config.ts';
import { metrics } from '../../../src/platform/metrics.ts';
import { runStreamWorker, uniqueConsumer } from '../../../src/platform/stream-worker.ts';
import { streamKeys, type StreamEntry } from '../../../src/platform/stream.ts';
import { entriesOn, inboundHandler } from '../../support/inbound.ts';
import { createTenant } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';
import { openStores, type Stores } from '../../support/stores.ts';
import { textValue } from '../../support/system.ts';
import { waitFor } from '../../support/wait.ts';

type Fields = Readonly<Record<string, string | Buffer>>;

const DEPS = { log: silentLog, clock: systemClock };
const BODY = '{"of":"a newer release"}';
const HEAD = 'cloud global 1767614400000 c-1';

let stores: Stores;
let account: Awaited<ReturnType<typeof createTenant>>;
let keys: readonly string[];

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.drop());
beforeEach(async () => {
  account = await createTenant(stores.db.database, String(randomBytes(6).readUIntBE(0, 6)));
  keys = streamKeys(`ingest-${uuid7()}`, 1);
  await stores.db.database.run('test.clean', (sql) => sql`truncate dead_letters, webhook_journal, webhook_bodies`);
});

function bodyOf(id: string): Buffer {
  const changes = [{ field: 'messages', value: textValue(account.channel, id) }];
  return Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] }));
}

/** A webhook as a gateway writes it. */
function webhook(id: string): Fields {
  const about = { provider: 'cloud', auth: 'global', receivedAtMs: Date.now(), correlationId: 'c-1' } as const;
  return encodeEntry({ ...about, body: bodyOf(id), bodyKey: null });
}

async function append(fields: Fields, at = '*'): Promise<void> {
  await stores.client.xadd(keys[0]!, at, ...Object.entries(fields).flat());
}

/** As consumers/inbound works, until nothing waits. */
async function work(): Promise<void> {
  const handler = inboundHandler(stores.db.database, { resolve: () => account, ensure: () => Promise.resolve() });
  const stopping = new AbortController();
  const running = runStreamWorker({
    ...{ redisUrl: stores.redis.url, keys, group: INGEST_GROUP, consumer: uniqueConsumer('test'), handler },
    ...{ countPerShard: 50, maxBatch: 100, blockMs: 100, reclaimIdleMs: 10_000 },
    ...{ log: silentLog, metrics, signal: stopping.signal },
  });
  try {
    await waitFor(async () => (await stores.client.xlen(keys[0]!)) === 0, { what: 'nothing to wait any more' });
  } finally {
    stopping.abort();
    await running;
  }
}

/** The operator's CLI on this database. */
async function hunfly(...argv: string[]): Promise<{ readonly code: number; readonly json: Record<string, unknown> }> {
  const config = loadConfig({
    ...{ DATABASE_URL: stores.db.url, REDIS_URL: stores.redis.url },
    ...{ APP_JWT_SECRET: 'x'.repeat(40), ENCRYPTION_KEY: randomBytes(32).toString('hex') },
  });
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const context = {
    ...{ config, log: silentLog, clock: systemClock, database: () => stores.db.database },
    announce: () => Promise.resolve(),
  };
  const { exitCode } = await runCli([...argv, '--json'], { commands: CLI_COMMANDS, io, context });
  return { code: exitCode, json: JSON.parse(out) as Record<string, unknown> };
}

interface Listed {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
}

async function letters(): Promise<readonly Listed[]> {
  return (await hunfly('dead-letters', 'list')).json['items'] as Listed[];
}

/** What an operator is shown of a letter, taken apart. */
async function shown({ id }: Listed): Promise<unknown> {
  return JSON.parse(String((await hunfly('dead-letters', 'show', id)).json['body']));
}

async function storedOf(ids: readonly string[]): Promise<number> {
  const rows = await stores.db.database.run(
    'test.stored',
    (sql) =>
      sql`select 1 from messages where tenant_id = ${account.tenantId} and provider_message_id = any (${[...ids]})`,
  );
  return rows.length;
}

const UNREADABLE: readonly (readonly [what: string, fields: Fields])[] = [
  ['of a carrier nobody here knows', { h: 'telegram global 1767614400000 c-1', b: BODY }],
  ['without a head', { b: BODY }],
  ['whose head is cut off', { h: 'cloud global', b: BODY }],
  ['with no number as time', { h: 'cloud global yesterday c-1', b: BODY }],
  ['with a time beyond all dates', { h: 'cloud global 99999999999999999999 c-1', b: BODY }],
  ['with neither body nor key', { h: HEAD }],
  ['whose key is none', { h: HEAD, k: 'somewhere' }],
  ['whose correlation id cannot be stored', { h: 'cloud global 1767614400000 c\u0000', b: BODY }],
  ['whose earlier place is no place', { h: HEAD, b: BODY, s: 'x'.repeat(5000) }],
  ['of a foreign writer', { n: '1' }],
];

describe('an entry that cannot be read', () => {
  it.each(UNREADABLE)(
    '%s is a dead letter with all its fields, and its neighbours are applied',
    async (_what, fields) => {
      await append(webhook('w1'));
      await append(fields);
      await append(webhook('w2'));
      await work();
      expect(await storedOf(['w1', 'w2'])).toBe(2);
      const [letter, ...more] = await letters();
      expect([letter?.reason, more]).toEqual(['unreadable_entry', []]);
      expect(await shown(letter!)).toEqual(fields);
      const { code, json } = await hunfly('verify');
      expect({ code, ...json }).toMatchObject({ code: 0, accepted: 3, applied: 2, deadLettered: 1, differences: [] });
    },
  );

  it('is kept as it is where it is no text, and where its id is of another age', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    await append({ h: bytes, b: BODY }, '18446744073709551000-1');
    await work();
    const [letter] = await letters();
    expect(await shown(letter!)).toEqual({ h: { base64: bytes.toString('base64') }, b: BODY });
  });

  it('is one letter, however often it comes', async () => {
    await append({ h: HEAD });
    const [entry] = await entriesOn(stores.client, keys);
    await Promise.all(Array.from({ length: 5 }, () => decodeOrKeep({ db: stores.db.database, ...DEPS }, [entry!])));
    await work();
    expect(await letters()).toHaveLength(1);
  });

  it('takes a body along that waits in Postgres: there it would not be kept as long', async () => {
    const body = bodyOf('w1');
    const k = await insertBody(stores.db.database, body, 5000);
    await append({ h: 'telegram global 1767614400000 c-1', k });
    await work();
    await stores.db.database.run('test.old', (sql) => sql`delete from webhook_bodies`);
    const [letter] = await letters();
    expect(await shown(letter!)).toMatchObject({ k, b: body.toString() });
  });

  it('does not wait in Postgres as well, to come again and again; what another entry was made of does', async () => {
    const about = { provider: 'cloud', auth: 'global', shard: 0, receivedAtMs: 0, correlationId: 'c-1' } as const;
    const large = bodyOf('w1');
    const bodies = [Buffer.from(BODY), large, Buffer.from('{"of":"somebody else"}')];
    await stores.db.database.run('test.clean', (sql) => sql`truncate webhook_spill`);
    await insertSpill(
      stores.db.database,
      bodies.map((body) => ({ ...about, body })),
      5000,
    );
    const [inline, byKey, other] = await waiting();
    const h = 'telegram global 1767614400000 c-1';
    await append({ h, b: BODY, w: inline! });
    await append({ h, k: await insertBody(stores.db.database, large, 5000), w: byKey! });
    await append({ h, b: BODY, w: other! });
    await work();
    expect(await letters()).toHaveLength(3);
    expect(await waiting()).toEqual([other]);
  });
});

async function waiting(): Promise<string[]> {
  const rows = await stores.db.database.run(
    'test.waiting',
    (sql) => sql<{ id: string }[]>`select id::text as id from webhook_spill order by webhook_spill.id`,
  );
  return rows.map(({ id }) => id);
}

describe('retrying what could not be read', () => {
  it('leaves it open, with the reason, while it still cannot be', async () => {
    await append({ h: 'telegram global 1767614400000 c-1', b: BODY });
    await work();
    const [letter] = await letters();
    const { code, json } = await hunfly('dead-letters', 'retry', letter!.id);
    expect(code).toBe(1);
    expect(json).toEqual({
      items: [{ id: letter!.id, applied: false, reason: `it still cannot be read: ${letter!.detail}` }],
    });
    expect(await letters()).toHaveLength(1);
  });

  it('applies it once a release can read it, and it counts as applied from then on', async () => {
    await append(webhook('w1'));
    const [entry] = await entriesOn(stores.client, keys);
    await stores.client.del(keys[0]!);
    // By a release that could not.
    await keepUnreadable({ db: stores.db.database, ...DEPS }, entry!, 'of a release to come');
    expect((await hunfly('verify')).json).toMatchObject({ accepted: 1, applied: 0, deadLettered: 1 });
    expect(await hunfly('dead-letters', 'retry', '--all')).toMatchObject({ code: 0 });
    expect(await hunfly('dead-letters', 'retry', '--all')).toMatchObject({ code: 0, json: { items: [] } });
    expect(await storedOf(['w1'])).toBe(1);
    const { code, json } = await hunfly('verify');
    expect({ code, ...json }).toMatchObject({ code: 0, accepted: 1, applied: 1, deadLettered: 0 });
  });

  it('leaves to a letter of its own what is still wrong with it: a number that nobody has', async () => {
    account = { ...account, channel: '999' };
    const entry: StreamEntry = {
      key: 'ingest:{3}',
      id: '1767614400000-0',
      fields: raw(webhook('w1')),
      redelivered: false,
    };
    await keepUnreadable({ db: stores.db.database, ...DEPS }, entry, 'of a release to come');
    await hunfly('dead-letters', 'retry', '--all');
    expect((await letters()).map(({ reason }) => reason)).toEqual(['unknown_account']);
    expect((await hunfly('verify')).json).toMatchObject({ accepted: 1, applied: 0, deadLettered: 1, differences: [] });
  });
});

function raw(fields: Fields): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)]));
}
