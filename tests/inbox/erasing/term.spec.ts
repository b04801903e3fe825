/** A conversation in which nothing has happened for its business's term goes as a whole, and nothing else goes. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Message } from '../../../src/contract/message.ts';
import { snoozeJob } from '../../../src/inbox/housekeeping/snooze.ts';
import { createDiskBlobs } from '../../../src/platform/blobs-disk.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { reaction, status } from '../../support/ingest.ts';
import { DAY_MS } from '../../support/reports.ts';
import { tablesWith } from '../../support/stored-words.ts';
import { ADA, BOB, keepHouse, Keeping, SECRET } from '../../support/term.ts';

const NAME = 'Zerlina Quux';
const DIGITS = '15550177001';
const commandId = (): string => randomUUID();

let db: TestDatabase;
let shop: Keeping;

// Each has tables of its own, so that nothing in them is of another test.
beforeEach(async () => {
  db = await createTestDatabase();
  shop = await Keeping.open(db.database);
});
afterEach(() => db.drop());

/** Ada's conversation with one of everything. */
async function tellEverything(): ReturnType<Keeping['threadOf']> {
  const file = { providerMediaId: 'm-1', url: null, mime: 'image/png', filename: `${NAME}.png` };
  const media = { ...file, sizeBytes: 3, sha256: null, voice: false };
  await shop.take([
    shop.said('a1'),
    shop.said('a2', { contextId: 'a1' }),
    shop.said('a3', { type: 'image', media: media as never }),
    reaction(shop.team.account.channel, 'a1', '👍', { chat: ADA }),
    shop.said('b1', { chat: BOB, text: 'unrelated' }),
  ]);
  const thread = await shop.threadOf(NAME);
  await shop.execute('note:add', { threadId: thread.id, text: SECRET, commandId: commandId() }, shop.admin);
  await shop.execute('thread:set-tags', { threadId: thread.id, add: ['vip'], commandId: commandId() }, shop.admin);
  return thread;
}

async function addNote(threadId: string): Promise<unknown> {
  return await shop.execute('note:add', { threadId, text: 'today', commandId: commandId() }, shop.admin);
}

async function send(threadId: string): Promise<Message> {
  const asked = { threadId, kind: 'text' as const, text: 'late', commandId: commandId() };
  return (await shop.execute('message:send', asked, shop.admin)).data.message;
}

/** What was to be sent ended like this. */
const settle = (state: 'failed' | 'unknown') =>
  db.database.run(
    'test.settled',
    (sql) => sql`update messages set send_state = ${state}, status = ${state} where send_state = 'queued'`,
  );

describe('a term', () => {
  it('leaves nothing of what is over in any table or in the store, and all else where it was', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'term-'));
    const blobs = createDiskBlobs(folder);
    const thread = await tellEverything();
    const [stored] = await db.database.run(
      'test.media',
      (sql) => sql<{ key: string }[]>`
        update media set state = 'ready', storage_key = tenant_id || '/' || id, next_attempt_at = now() returning storage_key as key`,
    );
    await blobs.write(stored!.key, Readable.from([Buffer.from(SECRET)]), SECRET.length);
    await shop.age(40, thread.id);
    await shop.keepFor(30);
    // A control: these have it as long as it is kept.
    const holding = await tablesWith(db.database, SECRET);
    for (const name of ['messages', 'notes', 'commands']) expect(holding).toContain(name);
    expect(holding.filter((name) => name.startsWith('tenant_events'))).toHaveLength(1);
    await keepHouse(db.database, blobs);
    for (const word of [SECRET, NAME, DIGITS]) expect(await tablesWith(db.database, word)).toEqual([]);
    expect(existsSync(join(folder, stored!.key))).toBe(false);
    expect(await shop.names()).toEqual(['Bob Other']);
    expect(await shop.texts((await shop.threadOf('Bob Other')).id)).toEqual(['unrelated']);
    const asked = { threadIds: [thread.id] };
    expect((await shop.execute('thread:find-erased', asked, shop.admin)).data).toEqual(asked);
    await rm(folder, { recursive: true });
  });

  it('is none unless it is set, and none of another business', async () => {
    const other = await Keeping.open(db.database);
    await other.take([other.said('o1', { text: 'of another' })]);
    await other.age(4000);
    await tellEverything();
    await shop.age(400);
    await keepHouse(db.database);
    expect(await shop.names()).toHaveLength(2);
    await shop.keepFor(399);
    await keepHouse(db.database);
    expect(await shop.names()).toEqual([]);
    expect(await other.names()).toEqual([NAME]);
  });

  it('acts a day after it was set, and not any more once it was taken back, also by what is under way', async () => {
    const isUnderWay = () =>
      db.database.run(
        'test.begun',
        (sql) => sql`
          insert into erasures (tenant_id, contact_id, by_term, stage, contact_ids, thread_ids, addresses, needles)
          values (${shop.tenantId}, ${shop.tenantId}, true, 'over', '{}', '{}', '{}', '{}')
          on conflict (tenant_id, contact_id) do update set finished_at = null`,
      );
    await tellEverything();
    await shop.age(400);
    await shop.keepFor(30);
    await db.database.run(
      'test.day',
      (sql) => sql`
      update tenants set keep_from = now() + interval '1 hour' where keep_days is not null`,
    );
    await keepHouse(db.database);
    expect(await shop.names()).toHaveLength(2);
    await isUnderWay();
    await keepHouse(db.database);
    expect(await shop.names()).toHaveLength(2);
    await shop.keepFor(null);
    await isUnderWay();
    await keepHouse(db.database);
    expect(await shop.names()).toHaveLength(2);
    await shop.keepFor(30);
    await keepHouse(db.database);
    expect(await shop.names()).toEqual([]);
  });

  it.each<[string, (threadId: string) => Promise<unknown>]>([
    ['a message', () => shop.take([shop.said('new')])],
    ['a note', addNote],
    [
      'somebody’s act',
      (threadId) =>
        shop.execute('thread:set-status', { threadId, status: 'resolved', commandId: commandId() }, shop.admin),
    ],
    [
      'a message that waits to be sent',
      async (threadId) => {
        await send(threadId);
        await shop.age(400, threadId);
      },
    ],
    [
      'a message that is just being sent',
      async (threadId) => {
        await send(threadId);
        await shop.age(400, threadId);
        await db.database.run(
          'test.sending',
          (sql) => sql`update messages set send_state = 'sending', status = 'sending', attempt_id = uuidv7(),
            attempt_started_at = now() where send_state = 'queued'`,
        );
      },
    ],
    ['a message that comes late', () => shop.take([shop.said('new', { atMs: Date.now() - 35 * DAY_MS })])],
    [
      'a message that is sent again',
      async (threadId) => {
        const sent = await send(threadId);
        await settle('failed');
        await shop.age(400, threadId);
        const asked = { messageId: sent.id, commandId: commandId() };
        await shop.execute('message:retry', asked, shop.admin);
        await db.database.run(
          'test.attempt',
          (sql) => sql`update messages set attempt_started_at = now() where send_state = 'queued'`,
        );
        await settle('unknown');
      },
    ],
    [
      'a merge, which somebody may want to undo',
      async () => {
        const [from, into] = [await shop.threadOf('Bob Other'), await shop.threadOf(NAME)];
        const asked = { contactId: from.contact.id, intoContactId: into.contact.id, commandId: commandId() };
        await shop.execute('contact:merge', asked, shop.admin);
      },
    ],
    [
      'sleep until a time to come',
      async (threadId) => {
        const snoozeUntil = new Date(Date.now() + 3_600_000).toISOString();
        const asked = { threadId, status: 'snoozed' as const, snoozeUntil, commandId: commandId() };
        await shop.execute('thread:set-status', asked, shop.admin);
        await shop.age(400, threadId);
      },
    ],
    [
      'having woken just now',
      async (threadId) => {
        const snoozeUntil = new Date(Date.now() + 3_600_000).toISOString();
        const asked = { threadId, status: 'snoozed' as const, snoozeUntil, commandId: commandId() };
        await shop.execute('thread:set-status', asked, shop.admin);
        await shop.age(400, threadId);
        await db.database.run(
          'test.time',
          (sql) => sql`update threads set snoozed_until = now() where status = 'snoozed'`,
        );
        expect(await snoozeJob({ db: db.database, hints: { publish: () => undefined } }).run()).toBe(1);
      },
    ],
  ])('is not over by %s', async (_what, happens) => {
    const { id } = await tellEverything();
    await shop.age(400);
    await happens(id);
    await shop.keepFor(30);
    await keepHouse(db.database);
    expect(await shop.names()).toEqual([NAME]);
    await shop.age(400);
    // What nobody knows the end of keeps nothing.
    await db.database.run(
      'test.unsettled',
      (sql) => sql`update messages set send_state = 'unknown', status = 'unknown' where send_state <> 'none'`,
    );
    await db.database.run('test.awake', (sql) => sql`update threads set status = 'open' where status = 'snoozed'`);
    await keepHouse(db.database);
    expect(await shop.names()).toEqual([]);
  });

  it('goes on behind what is kept, whatever there is of it, and says in the audit log how many went', async () => {
    const digits = Array.from({ length: 250 }, (_, at) => `1555018${String(1000 + at)}`);
    await shop.take(
      digits.map((each) =>
        shop.said(`m${each}`, { chat: { addresses: [{ type: 'wa_id', value: each }], name: each } }),
      ),
    );
    await shop.age(400);
    const kept = digits.slice(0, 120);
    await db.database.run(
      'test.kept',
      (sql) => sql`
        update threads t set woken_at = now(), last_activity_at = last_activity_at - interval '1 day'
        from contacts c where c.id = t.contact_id and c.display_name = any (${kept})`,
    );
    await shop.keepFor(30);
    await keepHouse(db.database);
    const left = await db.database.run(
      'test.left',
      (sql) => sql<{ name: string }[]>`
        select c.display_name as name from threads t join contacts c on c.id = t.contact_id where t.erased_at is null order by 1`,
    );
    expect(left.map(({ name }) => name)).toEqual(kept);
    const [audited] = await db.database.run(
      'test.audit',
      (sql) => sql<{ n: number }[]>`
        select sum((details->>'conversations')::int)::int as n from audit_log where action = 'tenant.term_ended'`,
    );
    expect(audited?.n).toBe(130);
  });
});

describe('who writes again after a term', () => {
  it('has a new conversation and a contact that works, and nothing of before comes back', async () => {
    const before = await tellEverything();
    await shop.execute(
      'message:send',
      { threadId: before.id, kind: 'text', text: SECRET, commandId: commandId() },
      shop.admin,
    );
    await db.database.run(
      'test.sent',
      (sql) => sql`
        update messages set send_state = 'none', status = 'sent', provider_message_id = 'out-1', at_sent = now() where send_state = 'queued'`,
    );
    await shop.age(40, before.id);
    await shop.keepFor(30);
    await keepHouse(db.database);
    const { channel } = shop.team.account;
    await shop.take([shop.said('a1'), shop.said('a2'), status(channel, 'out-1', 'read')]);
    expect(await shop.names()).toEqual(['Bob Other']);
    await shop.take([
      shop.said('new', { text: 'hello again', contextId: 'a2' }),
      reaction(channel, 'a1', '🎉', { chat: ADA }),
    ]);
    const after = await shop.threadOf(NAME);
    expect([after.id === before.id, after.contact.id === before.contact.id]).toEqual([false, false]);
    expect(after.contact.addresses).toEqual([{ type: 'wa_id', value: DIGITS }]);
    await shop.execute(
      'message:send',
      { threadId: after.id, kind: 'text', text: 'welcome', commandId: commandId() },
      shop.admin,
    );
    expect(await shop.texts(after.id)).toEqual(['hello again', 'welcome']);
    const found = await shop.execute('thread:list', { q: 'hello again' }, shop.admin);
    expect(found.data.items.map(({ id }) => id)).toEqual([after.id]);
  });
});
