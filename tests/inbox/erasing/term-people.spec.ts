/** Whoever a term leaves nothing of is forgotten; whoever is still there stays whole. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId } from '../../../src/contract/ids.ts';
import { InboxError } from '../../../src/contract/errors.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { person, reaction, type createTenant } from '../../support/ingest.ts';
import { tablesWith } from '../../support/stored-words.ts';
import { ADA, BOB, GROUP, keepHouse, Keeping, SECRET } from '../../support/term.ts';

const NAME = 'Zerlina Quux';
const CID = person('15550177003', 'Cidney Singer');
const WORK = person('15550177009', 'Zerlina at work');

let db: TestDatabase;
let shop: Keeping;

beforeEach(async () => {
  db = await createTestDatabase();
  shop = await Keeping.open(db.database);
});
afterEach(() => db.drop());

const merge = async (from: string, into: string) =>
  await shop.execute('contact:merge', { contactId: from, intoContactId: into, commandId: randomUUID() }, shop.admin);

/** Another number of the business. */
async function secondNumber(): ReturnType<typeof createTenant> {
  const account = { tenantId: shop.tenantId, accountId: uuid7() as AccountId, channel: '200000000000002' };
  await db.database.run(
    'test.account',
    (sql) => sql`
      insert into whatsapp_accounts (tenant_id, id, provider, external_id, name)
      values (${account.tenantId}, ${account.accountId}, 'cloud', ${account.channel}, 'Second')`,
  );
  return account;
}

/** How many rows still lead from somewhere to this contact. */
async function tracesOf(contactId: string): Promise<number> {
  const [row] = await db.database.run(
    'test.traces',
    (sql) => sql<{ n: number }[]>`
      select (select count(*) from messages where author_id = ${contactId} and text is null)::int
        + (select count(*) from threads where contact_id = ${contactId} and erased_at is not null)::int as n`,
  );
  return row!.n;
}

describe('a customer with another conversation', () => {
  it('stays, with nothing that leads to what went, and begins anew where it was', async () => {
    const second = await secondNumber();
    await shop.take([shop.said('a1')]);
    const [old] = await shop.threads();
    await shop.age(40);
    await shop.take([shop.said('s1', { channel: second.channel, text: 'on the other number' })], second);
    await shop.keepFor(30);
    await keepHouse(db.database);
    expect(await tablesWith(db.database, SECRET)).toEqual([]);
    const [kept] = await shop.threads();
    expect([kept!.accountId, kept!.contact]).toEqual([second.accountId, old!.contact]);
    expect(await tracesOf(kept!.contact.id)).toBe(0);

    await shop.take([shop.said('a2', { text: 'back again' })]);
    const threads = await shop.threads();
    expect(threads.map(({ contact }) => contact.id)).toEqual([kept!.contact.id, kept!.contact.id]);
    const back = threads.find(({ accountId }) => accountId === shop.team.account.accountId);
    expect(back!.id).not.toBe(old!.id);
    expect(await shop.texts(back!.id)).toEqual(['back again']);
  });

  it('stays merged, which nobody can undo any more, without the name from before', async () => {
    const second = await secondNumber();
    await shop.take([shop.said('a1'), shop.said('w1', { chat: WORK })]);
    await shop.take([shop.said('s1', { channel: second.channel, text: 'on the other number' })], second);
    const [ada, work] = [await shop.threadOf(NAME), await shop.threadOf('Zerlina at work')];
    const { mergeId } = (await merge(work.contact.id, ada.contact.id)).data;
    const gone = (await shop.threads()).find(({ accountId }) => accountId === shop.team.account.accountId);
    await shop.age(40, gone!.id);
    await shop.keepFor(30);
    const told = (await keepHouse(db.database)).join('\n');
    const [kept] = await shop.threads();
    expect(kept!.contact).toMatchObject({ id: ada.contact.id, displayName: NAME });
    expect(told).toContain(`"version":${String(kept!.version)}`);
    expect(told).not.toContain('Zerlina at work');
    expect(await tablesWith(db.database, 'Zerlina at work')).toEqual([]);
    const undone = await shop.execute('contact:unmerge', { mergeId, commandId: randomUUID() }, shop.admin).then(
      () => 'ok',
      (error: unknown) => (error instanceof InboxError ? error.code : error),
    );
    expect(undone).toBe('not_found');
    await shop.take([shop.said('w2', { chat: WORK, text: 'from work' })]);
    expect((await shop.threads()).map(({ contact }) => contact.id)).toEqual([ada.contact.id, ada.contact.id]);
  });
});

it('whoever was merged into a customer goes with that one', async () => {
  await shop.take([shop.said('a1'), shop.said('w1', { chat: WORK }), shop.said('b1', { chat: BOB, text: 'b' })]);
  await merge((await shop.threadOf('Zerlina at work')).contact.id, (await shop.threadOf(NAME)).contact.id);
  await shop.age(40, (await shop.threadOf(NAME)).id);
  await shop.keepFor(30);
  await keepHouse(db.database);
  for (const word of [SECRET, NAME, 'Zerlina at work', '15550177009'])
    expect(await tablesWith(db.database, word)).toEqual([]);
  expect(await shop.names()).toEqual(['Bob Other']);
});

describe('a group', () => {
  const CHOIR_2 = { addresses: [{ type: 'group' as const, value: '120363000000000078' }], name: 'Band' };

  it('takes along who was only in it, by a word or by a reaction, and nobody else', async () => {
    const dora = person('15550177004', 'Dora Clapper');
    await shop.take([
      shop.said('g1', { chat: GROUP, sender: ADA }),
      shop.said('g2', { chat: GROUP, sender: CID }),
      shop.said('h1', { chat: CHOIR_2, sender: BOB, text: 'elsewhere' }),
      reaction(shop.team.account.channel, 'g1', '👏', { chat: GROUP, sender: dora }),
      shop.said('g3', { chat: GROUP, sender: BOB }),
    ]);
    expect(await tablesWith(db.database, 'Dora')).toContain('contacts');
    const choir = await shop.threadOf('Choir');
    await shop.take([shop.said('a1', { text: 'of her own' })]);
    await shop.age(40, choir.id);
    await shop.keepFor(30);
    await keepHouse(db.database);
    for (const word of [SECRET, 'Choir', 'Cidney', '15550177003', 'Dora', '15550177004', '120363000000000077'])
      expect(await tablesWith(db.database, word)).toEqual([]);
    expect(await shop.names()).toEqual(['Band', NAME]);
    expect(await tablesWith(db.database, 'Bob Other')).toContain('contacts');
    await shop.take([shop.said('g4', { chat: GROUP, sender: CID, text: 'sung again' })]);
    expect(await shop.texts((await shop.threadOf('Choir')).id)).toEqual(['sung again']);
  });

  it('that goes on keeps the contact of who takes part in it, whose own conversation goes', async () => {
    await shop.take([shop.said('a1'), shop.said('g1', { chat: GROUP, sender: ADA, text: 'sung' })]);
    const own = await shop.threadOf(NAME);
    await shop.age(40, own.id);
    await shop.keepFor(30);
    await keepHouse(db.database);
    expect(await tablesWith(db.database, SECRET)).toEqual([]);
    expect(await shop.names()).toEqual(['Choir']);
    await shop.take([shop.said('a2', { text: 'hello' })]);
    const back = await shop.threadOf(NAME);
    expect([back.contact.id, back.id === own.id]).toEqual([own.contact.id, false]);
  });
});
