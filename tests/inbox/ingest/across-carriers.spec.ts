/** One person at several numbers of one tenant, through real bodies of all three carriers. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId } from '../../../src/contract/ids.ts';
import { parseBody } from '../../../src/deps.ts';
import type { AccountRef } from '../../../src/inbox/ingest/part.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, part, T0, threadRows } from '../../support/ingest.ts';

type Carrier = 'cloud' | 'twilio' | 'evolution';

const CHANNELS = { cloud: '100000000000001', twilio: 'whatsapp:+15550100000', evolution: 'acme-support' } as const;
const CARRIERS = ['cloud', 'twilio', 'evolution'] as const;

type Account = AccountRef & { channel: string };

let db: TestDatabase;
let accounts: Record<Carrier, Account>;
let serial = 0;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  const cloud = await createTenant(db.database, CHANNELS.cloud);
  accounts = { cloud, twilio: await another(cloud, 'twilio'), evolution: await another(cloud, 'evolution') };
});

/** One more number of the tenant. */
async function another({ tenantId }: Account, provider: 'twilio' | 'evolution'): Promise<Account> {
  const [id, channel] = [uuid7() as AccountId, CHANNELS[provider]];
  await db.database.run(
    'test.account',
    (sql) => sql`insert into whatsapp_accounts (tenant_id, id, provider, external_id, name)
      values (${tenantId}, ${id}, ${provider}, ${channel}, ${provider})`,
  );
  return { tenantId, accountId: id, channel };
}

async function take(carrier: Carrier, body: string): Promise<void> {
  const parsed = parseBody(carrier, Buffer.from(body), T0);
  if (!parsed.ok) throw new Error(parsed.broken);
  await apply(db.database, accounts[carrier], [part(parsed.events, { provider: carrier })]);
}

function cloudBody(...items: object[]): string {
  const metadata = { phone_number_id: CHANNELS.cloud, display_phone_number: '15550100000' };
  const messages = items.map((one) => ({ id: nextId(), timestamp: String(T0 / 1000), ...one }));
  const changes = [{ field: 'messages', value: { metadata, messages } }];
  return JSON.stringify({ object: 'whatsapp_business_account', entry: [{ changes }] });
}

function evolutionBody(remoteJid: string): string {
  const data = { key: { remoteJid, fromMe: false, id: nextId() }, message: { conversation: 'hi' } };
  return JSON.stringify({ event: 'messages.upsert', instance: CHANNELS.evolution, data });
}

function nextId(): string {
  serial += 1;
  return `SM${String(serial)}`;
}

/** The carrier's body of a text from a number. */
const BODIES: Record<Carrier, (digits: string) => string> = {
  cloud: (from) => cloudBody({ from, type: 'text', text: { body: 'hi' } }),
  twilio: (from) => {
    const form = { MessageSid: nextId(), From: `whatsapp:+${from}`, To: CHANNELS.twilio, Body: 'hi' };
    return new URLSearchParams(form).toString();
  },
  evolution: (from) => evolutionBody(`${from}@s.whatsapp.net`),
};

const say = (carrier: Carrier, digits: string): Promise<void> => take(carrier, BODIES[carrier](digits));

/** Number of contacts, and the number that each thread answers to, sorted. */
async function people(): Promise<{ contacts: number; replies: string[] }> {
  const { tenantId } = accounts.cloud;
  const threads = await db.database.run(
    'test.replies',
    (sql) => sql<{ contactId: string; reply: string }[]>`
      select contact_id as "contactId", reply_value as reply from threads where tenant_id = ${tenantId} order by 2`,
  );
  return {
    contacts: new Set(threads.map(({ contactId }) => contactId)).size,
    replies: threads.map(({ reply }) => reply),
  };
}

const TWINS = [
  { country: 'Brazil', long: '5539990000001', short: '553990000001' },
  { country: 'Mexico', long: '5215512345678', short: '525512345678' },
  { country: 'Argentina', long: '5491123456789', short: '541123456789' },
];
const cases = TWINS.flatMap((twins) =>
  CARRIERS.flatMap((first) =>
    CARRIERS.filter((second) => second !== first).map((second) => ({ ...twins, first, second })),
  ),
);

describe('one mobile in both spellings', () => {
  it.each(cases)('$country: $first with the digit, $second without', async ({ first, second, long, short }) => {
    await say(first, long);
    await say(second, short);
    expect(await people()).toEqual({ contacts: 1, replies: [long, short].sort() });
  });

  it.each(TWINS)('$country: one contact, when every carrier tells both at once', async ({ long, short }) => {
    await Promise.all(CARRIERS.flatMap((carrier) => [long, short, long, short].map((digits) => say(carrier, digits))));
    const { contacts, replies } = await people();
    expect({ contacts, threads: replies.length }).toEqual({ contacts: 1, threads: CARRIERS.length });
    const threads = await threadRows(db.database, accounts.cloud.tenantId);
    expect(threads.map((thread) => thread['unreadCount'])).toEqual([4, 4, 4]);
  });

  it('but a landline and the mobile with the same last digits are two people', async () => {
    await say('cloud', '551133334444');
    await say('twilio', '5511933334444');
    expect(await people()).toMatchObject({ contacts: 2 });
  });
});

describe('ids that are no numbers', () => {
  it('never meet the number with the same digits', async () => {
    await say('cloud', '220000000000101');
    await take('evolution', evolutionBody('220000000000101@lid'));
    expect(await people()).toEqual({ contacts: 2, replies: ['220000000000101', '220000000000101'] });
  });
});

describe('a changed number or user id', () => {
  const cloud = (...items: object[]): Promise<void> => take('cloud', cloudBody(...items));
  const text = (userId: string): object => ({ from_user_id: userId, type: 'text', text: { body: 'x' } });
  const changed = (from: string, to: string): object => ({
    ...{ from_user_id: to, type: 'system' },
    system: { type: 'user_changed_user_id', previous_user_id: from, user_id: to, body: 'changed' },
  });

  it('is the same customer from then on, whichever id the notice itself came under', async () => {
    await cloud(text('US.1'));
    await cloud(changed('US.1', 'US.2'));
    await cloud(text('US.2'));
    expect(await people()).toMatchObject({ contacts: 1 });
  });

  it('takes no id that is somebody else’s', async () => {
    await cloud(text('US.1'), text('US.2'));
    await cloud(changed('US.1', 'US.2'));
    await cloud(text('US.2'));
    const threads = await threadRows(db.database, accounts.cloud.tenantId);
    expect(threads.map((thread) => thread['unreadCount']).sort()).toEqual([1, 2]);
  });

  it('takes no number that is somebody else’s in the other spelling', async () => {
    await say('twilio', '5215512345678');
    await say('cloud', '15550100101');
    const system = { type: 'user_changed_number', wa_id: '525512345678', body: 'changed' };
    await cloud({ from: '15550100101', type: 'system', system });
    await say('cloud', '525512345678');
    expect(await people()).toEqual({ contacts: 2, replies: ['15550100101', '5215512345678', '525512345678'] });
  });
});
