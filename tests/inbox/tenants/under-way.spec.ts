/** What is on its way when a business is erased ends without a trace, and holds up nobody. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/deps.ts';
import { AccountDirectory } from '../../../src/inbox/accounts/directory.ts';
import { snoozeJob } from '../../../src/inbox/housekeeping/snooze.ts';
import { encodeEntry } from '../../../src/inbox/ingest/entry.ts';
import { repairParked } from '../../../src/inbox/messages/dispatch/parked.ts';
import { giveUpStuckAttempts } from '../../../src/inbox/messages/dispatch/sweep.ts';
import { countNext } from '../../../src/inbox/reports/count.ts';
import { verify } from '../../../src/inbox/verify/report.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import { makeHttpClient } from '../../../src/platform/http-client.ts';
import type { StreamSpan } from '../../../src/platform/stream-commands.ts';
import type { StreamEntry } from '../../../src/platform/stream.ts';
import { createBusiness, createEraser, erase, rowsOf, type Business, type Eraser } from '../../support/business.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { testRedisUrl } from '../../support/environment.ts';
import { inboundHandler } from '../../support/inbound.ts';
import { silentLog } from '../../support/log.ts';
import { createSender, createSendingTenant, createThread, queueText, stored } from '../../support/outbound.ts';
import { startProviderStub } from '../../support/provider-stub.ts';
import { tablesWith } from '../../support/stored-words.ts';
import { textValue } from '../../support/system.ts';

const WORD = 'xylophone';

let db: TestDatabase;
let folder: string;
let mine: Business;
let other: Business;
let house: Eraser;
/** What is on the stream of webhooks. */
let onStream: StreamSpan | null = null;

beforeEach(async () => {
  db = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'under-way-'));
  const blobs = createDiskBlobs(folder);
  mine = await createBusiness(db.database, blobs, { word: WORD, channel: '100000000000001' });
  other = await createBusiness(db.database, blobs, { word: 'marimba', channel: '100000000000002' });
  onStream = null;
  house = createEraser(db.database, blobs, () => Promise.resolve(onStream));
});
afterEach(async () => {
  await db.drop();
  await rm(folder, { recursive: true });
});

async function openDirectory(): Promise<AccountDirectory> {
  const globalSecrets = { cloud: ['global'], evolution: [], twilio: [] };
  const directory = new AccountDirectory({ db: db.database, keys: [], globalSecrets, log: silentLog });
  await directory.refresh();
  return directory;
}

let entries = 0;

/** A webhook on the stream, with these texts for these channels. */
function webhook(texts: Readonly<Record<string, string>>, receivedAtMs = Date.now()): StreamEntry {
  entries += 1;
  const changes = Object.entries(texts).map(([channel, text], at) => ({
    field: 'messages',
    value: textValue(channel, `wamid.${String(entries)}.${String(at)}`, { text }),
  }));
  const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] }));
  const about = { provider: 'cloud', auth: 'global', receivedAtMs, correlationId: 'c' } as const;
  const fields = Object.entries(encodeEntry({ ...about, body, bodyKey: null }));
  return {
    ...{ key: 'ingest:{0}', id: `${String(receivedAtMs)}-${String(entries)}`, redelivered: false },
    fields: Object.fromEntries(fields.map(([name, value]) => [name, Buffer.from(value)])),
  };
}

async function differences(): Promise<unknown> {
  const { resolve, isErased } = await openDirectory();
  const range = { tenantId: null, from: new Date(0), to: new Date(Date.now() + 60_000) };
  return (await verify({ db: db.database, resolve, isErased, parse: parseBody }, range)).differences;
}

const texts = async (): Promise<string[]> => {
  const rows = await db.database.run(
    'test.texts',
    (sql) => sql<{ text: string }[]>`
      select text from messages where tenant_id = ${other.tenantId} and text like 'sent%' order by text`,
  );
  return rows.map(({ text }) => text);
};

/** As a worker whose copy of the accounts is this one, which it does not read anew. */
const worker = (directory: AccountDirectory) => {
  const { resolve, isErased } = directory;
  return inboundHandler(db.database, { resolve, isErased, ensure: () => Promise.resolve() });
};

describe('webhooks on their way', () => {
  it('are left out by who knows of the erasure and by who does not, others’ items are stored, and nothing is missed', async () => {
    const [before, mixed] = [await openDirectory(), { [mine.channel]: WORD, [other.channel]: 'sent' }];
    const stranger = inboundHandler(db.database, { resolve: () => null, ensure: () => Promise.resolve() });
    await stranger([webhook({ [mine.channel]: `${WORD} of nobody` })]);
    await worker(before)([webhook({ [mine.channel]: WORD }), webhook({ ...mixed, [other.channel]: 'sent before' })]);
    expect(await tablesWith(db.database, `${WORD} of nobody`)).toContain('dead_letters');
    await erase(db.database, mine.tenantId);
    const workers = [worker(before), worker(await openDirectory())];
    for (const handle of workers) {
      await handle([webhook({ [mine.channel]: WORD }), webhook(mixed)]);
      expect(await differences()).toEqual([]);
    }
    expect(await texts()).toEqual(['sent', 'sent', 'sent before']);
    onStream = { oldestMs: Date.now() - 60_000, newestMs: Date.now() };
    await house.settle(mine.tenantId);
    while ((await house.round()) > 0) expect(await differences()).toEqual([]);
    expect((await erase(db.database, mine.tenantId)).stage).toBe('arrivals');
    for (const handle of workers) await handle([webhook({ [mine.channel]: WORD }), webhook(mixed)]);
    onStream = null;
    await house.finish();
    // Somebody who has slept since.
    await worker(before)([webhook({ [mine.channel]: WORD })]);
    expect(await tablesWith(db.database, WORD)).toEqual([]);
    expect(await tablesWith(db.database, mine.tenantId)).toEqual(['tenant_erasures']);
    expect(await texts()).toHaveLength(5);
    expect(await differences()).toEqual([]);
  });

  it('are a stranger’s when it is through', async () => {
    await erase(db.database, mine.tenantId);
    await house.finish();
    await worker(await openDirectory())([webhook({ [mine.channel]: 'hello' })]);
    const [letter] = await db.database.run(
      'test.letter',
      (sql) => sql<{ reason: string }[]>`select reason from dead_letters where channel = ${mine.channel}`,
    );
    expect(letter?.reason).toBe('unknown_account');
    expect(await differences()).toEqual([]);
  });

  it('go to another business that has the number, if they came later', async () => {
    await db.database.run(
      'test.number',
      (sql) => sql`
        insert into whatsapp_accounts (tenant_id, provider, external_id, name)
        values (${other.tenantId}, 'cloud', ${mine.channel}, 'Taken over')`,
    );
    await erase(db.database, mine.tenantId);
    const of = (text: string, inMs: number): StreamEntry => webhook({ [mine.channel]: text }, Date.now() + inMs);
    await worker(await openDirectory())([of('sent early', -60_000), of('sent late', 60_000)]);
    expect(await texts()).toEqual(['sent late']);
  });
});

describe('sends', () => {
  it('that wait are not made, and one under way ends without its rows', async () => {
    const stub = await startProviderStub();
    const http = makeHttpClient({ deadlineMs: 5000 });
    const account = await createSendingTenant(db.database, { baseUrl: stub.url });
    const [first, second] = [
      await createThread(db.database, account, '15550100101'),
      await createThread(db.database, account, '15550100102'),
    ];
    const id = await queueText(db.database, first, 'under way');
    await queueText(db.database, second, 'waits');
    const sender = await createSender(db.database, testRedisUrl(), {
      post: async (request) => {
        await erase(db.database, account.tenantId);
        // The number is known to this worker, and usable as far as it knows.
        expect(await sender.step(second)).toMatchObject({ kind: 'idle' });
        await house.finish();
        return await http.post(request);
      },
    });
    expect(await sender.drain(first)).toEqual({ kind: 'idle' });
    expect(stub.calls.map(({ text }) => text)).toEqual(['under way']);
    await expect(stored(db.database, id)).rejects.toThrow();
    await Promise.all([sender.close(), http.close()]);
    await stub.close();
  });
});

describe('many at once', () => {
  it('are not held up by those that have to wait', async () => {
    await erase(db.database, mine.tenantId);
    await house.settle(mine.tenantId);
    await db.database.run(
      'test.waiting',
      (sql) => sql`
        insert into tenant_erasures (tenant_id, requested_at, stage)
        select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, now() - interval '1 second', 'settle'
        from generate_series(1, 20) n`,
    );
    const { rowsGone } = await erase(db.database, mine.tenantId);
    for (let round = 1; round <= 4; round += 1) await house.round(0);
    expect((await erase(db.database, mine.tenantId)).rowsGone).toBeGreaterThan(rowsGone);
  });
});

describe('jobs of all businesses', () => {
  it('go on beside every step', async () => {
    const hints = { publish: () => undefined };
    const beside = async (): Promise<void> => {
      await snoozeJob({ db: db.database, hints }).run();
      await giveUpStuckAttempts(db.database, 1, 100);
      await repairParked(db.database, 100);
      await countNext(db.database);
    };
    await erase(db.database, mine.tenantId);
    await house.settle(mine.tenantId);
    do {
      await db.database.run(
        'test.again',
        (sql) => sql`update threads set status = 'snoozed', snoozed_until = now() where last_message_id is not null`,
      );
      await beside();
    } while ((await house.round()) > 0);
    await house.finish();
    const [thread] = await db.database.run(
      'test.woken',
      (sql) => sql<{ status: string }[]>`select distinct status from threads where tenant_id = ${other.tenantId}`,
    );
    expect(thread?.status).toBe('open');
    expect((await rowsOf(db.database, other.tenantId)).get('report_facts')).toBeGreaterThan(0);
  });
});
