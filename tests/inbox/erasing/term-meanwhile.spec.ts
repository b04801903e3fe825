/** What comes at the very moment at which a conversation goes by a term is neither lost nor half of one. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InboxError } from '../../../src/contract/errors.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { holding } from '../../support/hold.ts';
import { person } from '../../support/ingest.ts';
import { GROUP, keepHouse, Keeping } from '../../support/term.ts';
import { waitFor } from '../../support/wait.ts';
import type { Tx } from '../../../src/platform/postgres.ts';

const NAME = 'Zerlina Quux';
const CID = person('15550177003', 'Cidney Singer');
const BAND = { addresses: [{ type: 'group' as const, value: '120363000000000078' }], name: 'Band' };

let db: TestDatabase;
let shop: Keeping;

beforeEach(async () => {
  db = await createTestDatabase();
  shop = await Keeping.open(db.database);
});
afterEach(() => db.drop());

/** Runs all of them, one after the other, each until something holds it up, while `hold` does; then lets them go on. */
async function heldUp(hold: (tx: Tx) => Promise<unknown>, ...works: (() => Promise<unknown>)[]): Promise<unknown[]> {
  const begun = await db.database.transaction(
    'test.hold',
    async (tx) => {
      await hold(tx);
      const under: Promise<unknown>[] = [];
      for (const work of works) {
        under.push(
          work().then(
            () => 'done',
            (error: unknown) => (error instanceof InboxError ? error.code : error),
          ),
        );
        await waitFor(async () => (await waiting()) >= under.length, { what: `work ${String(under.length)} waits` });
      }
      return { under };
    },
    { deadlineMs: 60_000 },
  );
  return await Promise.all(begun.under);
}

async function waiting(): Promise<number> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

/** The last that everybody writes: until then they hold what they have taken. */
const log = (tx: Tx) => tx`select from tenant_logs where tenant_id = ${shop.tenantId} for update`;
const house = () => keepHouse(db.database);

async function oldConversation(): ReturnType<Keeping['threadOf']> {
  await shop.take([shop.said('a1', { text: 'old' })]);
  await shop.age(40);
  await shop.keepFor(30);
  return await shop.threadOf(NAME);
}

describe('a message', () => {
  it.each([
    ['alone', ['new']],
    ['among others', ['new', 'newer']],
  ])('that comes %s while the conversation goes begins a new one', async (_how, ids) => {
    const before = await oldConversation();
    const come = () => shop.take(ids.map((id) => shop.said(id, { text: id })));
    expect(await heldUp(log, house, come)).toEqual(['done', 'done']);
    const threads = await shop.threads();
    expect(threads).toHaveLength(1);
    expect([threads[0]!.id === before.id, threads[0]!.contact.displayName]).toEqual([false, NAME]);
    expect(await shop.texts(threads[0]!.id)).toEqual(ids);
    expect(threads[0]!.unreadCount).toBe(ids.length);
  });

  it('that was there first keeps the conversation whole', async () => {
    const before = await oldConversation();
    await holding(db.database, async (tx) => {
      await log(tx);
      const come = shop.take([shop.said('new', { text: 'new' })]);
      await waitFor(async () => (await waiting()) > 0, { what: 'the message waits' });
      await house();
      return { come };
    });
    await house();
    expect(await shop.texts(before.id)).toEqual(['old', 'new']);
  });
});

describe('a member who answers', () => {
  const answer = (threadId: string) => () =>
    shop.execute('message:send', { threadId, kind: 'text', text: 'answer', commandId: randomUUID() }, shop.admin);

  it('while the conversation goes is told that it is gone, and nothing is sent', async () => {
    const { id } = await oldConversation();
    expect(await heldUp(log, house, answer(id))).toEqual(['done', 'not_found']);
    const sent = await db.database.run('test.sent', (sql) => sql`select from messages where direction = 'outbound'`);
    expect(sent).toHaveLength(0);
  });

  it('first keeps the conversation whole', async () => {
    const { id } = await oldConversation();
    await answer(id)();
    await house();
    expect(await shop.texts(id)).toEqual(['old', 'answer']);
  });
});

describe('somebody in a group', () => {
  async function oldChoir(): Promise<void> {
    await shop.take([shop.said('g1', { chat: GROUP, sender: CID, text: 'old' })]);
    await shop.age(40);
    await shop.take([shop.said('h1', { chat: BAND, sender: person('15550177005', 'Eve'), text: 'first' })]);
    await shop.keepFor(30);
  }
  const writes = () => shop.take([shop.said('h2', { chat: BAND, sender: CID, text: 'also here' })]);

  async function authors(): Promise<{ name: string; addresses: number }[]> {
    const rows = await db.database.run(
      'test.authors',
      (sql) => sql<{ name: string; addresses: number }[]>`
        select c.display_name as name, (select count(*)::int from contact_addresses a where a.contact_id = c.id) as addresses
        from messages m join contacts c on c.id = m.author_id where m.text = 'also here'`,
    );
    return [...rows];
  }

  const cid = () =>
    db.database.run('test.cid', async (sql) => [
      ...(await sql`select id from contacts where display_name = 'Cidney Singer'`),
    ]);

  it('who writes in another while theirs goes is there as somebody new', async () => {
    await oldChoir();
    const key = (tx: Tx) =>
      tx`select pg_advisory_xact_lock(message_lock_key(account_id, provider_message_id)) from messages where text = 'old'`;
    expect(await heldUp(key, house, writes)).toEqual(['done', 'done']);
    expect(await authors()).toEqual([{ name: 'Cidney Singer', addresses: 1 }]);
    expect(await shop.texts((await shop.threadOf('Band')).id)).toEqual(['first', 'also here']);
  });

  it('who has written in another at that moment stays who they are', async () => {
    await oldChoir();
    const before = await cid();
    const band = (tx: Tx) =>
      tx`select from threads t join contacts c on c.id = t.contact_id where c.display_name = 'Band' for update of t`;
    expect(await heldUp(band, writes, house)).toEqual(['done', 'done']);
    expect(await authors()).toEqual([{ name: 'Cidney Singer', addresses: 1 }]);
    expect(await cid()).toEqual(before);
  });
});
