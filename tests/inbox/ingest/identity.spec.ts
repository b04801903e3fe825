/** Who a webhook item is from and about, and what it may change for that. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Message } from '../../../src/contract/message.ts';
import { parseBody } from '../../../src/deps.ts';
import type { AccountRef } from '../../../src/inbox/ingest/part.ts';
import type { InboundEvent, MessageEvent, Party } from '../../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  ADA,
  apply,
  createTenant,
  message,
  messageRow,
  part,
  person,
  reaction,
  T0,
  threadRows,
} from '../../support/ingest.ts';

let db: TestDatabase;
let account: AccountRef & { channel: string };

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  account = await createTenant(db.database);
});

const take = (...events: InboundEvent[]): ReturnType<typeof apply> => apply(db.database, account, [part(events)]);
const said = (id: string, over: Partial<MessageEvent> = {}): MessageEvent => message(account.channel, id, over);
const row = (id: string): Promise<Record<string, unknown>> => messageRow(db.database, account.tenantId, id);
const threads = (): Promise<Record<string, unknown>[]> => threadRows(db.database, account.tenantId);
const base = { atMs: T0 + 2000 } as const;
const GROUP: Party = { addresses: [{ type: 'group', value: '120363000000000001' }], name: null };
const lid = (value: string, more: Party['addresses'] = []): Party => ({
  addresses: [...more, { type: 'lid', value }],
  name: null,
});

describe('ids that senders choose', () => {
  const inChat = (id: string, chat: Party, over: Partial<MessageEvent> = {}): MessageEvent =>
    said(id, { chat, idWithinChat: true, ...over });
  const ben = person('15550100102', 'Ben');

  it('mean another message in another chat, and the same one in the same chat', async () => {
    await take(inChat('SAME', ADA), inChat('SAME', ben), inChat('SAME', ADA), inChat('SAME', GROUP, { sender: ben }));
    await take(inChat('SAME', ben));
    expect((await threads()).map((thread) => thread['unreadCount'])).toEqual([1, 1, 1]);
  });

  it('let nobody react to, vote on or quote what stands in another chat', async () => {
    await take(inChat('A1', ADA), inChat('B1', ben));
    await take(reaction(account.channel, 'A1', '👍', { chat: ben, idWithinChat: true }));
    await take(inChat('B2', ben, { contextId: 'A1' }));
    expect(await row('A1')).toMatchObject({ reactions: [] });
    expect(await row('B2')).toMatchObject({ replyTo: { messageId: null, providerMessageId: 'A1' } });
    await take(reaction(account.channel, 'A1', '❤️', { chat: ADA, idWithinChat: true }));
    expect(await row('A1')).toMatchObject({ reactions: [{ emoji: '❤️' }] });
  });

  it('are edited without a chat only where one message can be meant', async () => {
    const edit = {
      kind: 'edit',
      channel: account.channel,
      ...base,
      direction: 'inbound',
      providerMessageId: null,
      chat: null,
      text: 'edited',
    } as const;
    await take(inChat('ONE', ADA), inChat('TWO', ADA), inChat('TWO', ben));
    await take({ ...edit, targetId: 'ONE' }, { ...edit, targetId: 'TWO' });
    expect(await row('ONE')).toMatchObject({ text: 'edited' });
    const texts = await db.database.run(
      'test.texts',
      (sql) =>
        sql<
          { text: string }[]
        >`select text from messages where tenant_id = ${account.tenantId} and provider_message_id = 'TWO'`,
    );
    expect(texts.map(({ text }) => text)).toEqual(['text of TWO', 'text of TWO']);
  });
});

describe('a change of number', () => {
  const change = (to: string, over: object = {}): InboundEvent => ({
    kind: 'contact_change',
    channel: account.channel,
    ...base,
    change: 'number',
    providerMessageId: 'sys-1',
    chat: ADA,
    renamed: person(to),
    text: 'Ada changed',
    ...over,
  });

  it('is a notice in the thread, and the new number is the same customer from then on', async () => {
    await take(said('m1'));
    await take(change('15550100155'));
    await take(said('m2', { chat: person('15550100155'), atMs: T0 + 3000 }));
    const [thread, ...others] = await threads();
    expect(others).toEqual([]);
    expect(thread).toMatchObject({ unreadCount: 2, contact: { phone: '+15550100155', displayName: 'Ada Example' } });
    expect(Message.parse(await row('sys-1'))).toMatchObject({
      kind: 'system',
      text: 'Ada changed',
      system: { type: 'number_changed', newAddress: '+15550100155' },
      author: { type: 'system', id: null },
    });
    const [reply] = await db.database.run(
      'test.reply',
      (sql) => sql`select reply_value from threads where tenant_id = ${account.tenantId}`,
    );
    expect(reply).toEqual({ reply_value: '15550100155' });
  });

  it('opens no window, is not unread and wakes nothing', async () => {
    await take(change('15550100155'));
    expect((await threads())[0]).toMatchObject({
      unreadCount: 0,
      windowExpiresAt: null,
      lastMessage: { kind: 'system' },
    });
  });

  it('never takes a number that is somebody else’s', async () => {
    await take(said('m1'), said('o1', { chat: person('15550100155', 'Other') }));
    await take(change('15550100155'));
    await take(said('o2', { chat: person('15550100155', 'Other'), atMs: T0 + 3000 }));
    const all = await threads();
    expect(all.map((thread) => (thread['contact'] as { phone: string }).phone).sort()).toEqual([
      '+15550100101',
      '+15550100155',
    ]);
    const replies = await db.database.run(
      'test.reply',
      (sql) =>
        sql<
          { value: string }[]
        >`select reply_value as value from threads where tenant_id = ${account.tenantId} order by 1`,
    );
    expect(replies.map(({ value }) => value)).toEqual(['15550100101', '15550100155']);
  });

  it('and the first message from the new number may come in one batch', async () => {
    await take(change('15550100155'), said('m2', { chat: person('15550100155'), atMs: T0 + 3000 }));
    expect(await threads()).toHaveLength(1);
  });
});

describe('what people tell', () => {
  it('is marketing consent, the latest word by the carrier’s clock, also of strangers', async () => {
    const consent = (value: string, atMs: number): InboundEvent => ({
      kind: 'consent',
      channel: account.channel,
      atMs,
      person: ADA,
      category: 'marketing_messages',
      value,
      detail: null,
    });
    await take(consent('stop', T0 + 5));
    await take(said('m1'));
    expect((await threads())[0]).toMatchObject({ contact: { marketingConsent: 'withdrawn' } });
    await take(consent('resume', T0 + 3));
    expect((await threads())[0]).toMatchObject({ contact: { marketingConsent: 'withdrawn' } });
    const logged = await take(consent('signup', T0 + 9));
    expect(logged.map(({ type }) => type)).toEqual(['thread.updated']);
    expect((await threads())[0]).toMatchObject({ contact: { marketingConsent: 'granted' } });
  });

  it('in an address book makes no contact, renames a known one, and erases nothing', async () => {
    const sync = (name: string | null, atMs: number): InboundEvent => ({
      kind: 'contact_sync',
      channel: account.channel,
      atMs,
      action: 'upsert',
      person: { ...ADA, name },
    });
    await take(sync('Nobody yet', T0));
    const [none] = await db.database.run(
      'test.contacts',
      (sql) => sql`select count(*)::int as n from contacts where tenant_id = ${account.tenantId}`,
    );
    expect(none).toEqual({ n: 0 });
    await take(said('m1'));
    await take(sync(null, T0 + 1), sync('Ada of the book', T0 + 2));
    expect((await threads())[0]).toMatchObject({ contact: { displayName: 'Ada of the book' } });
  });

  it('is another address, and every screen learns it', async () => {
    await take(said('m1', { chat: lid('220000000000101') }));
    const logged = await take(
      said('m2', { chat: lid('220000000000101', [{ type: 'wa_id', value: '15550100101' }]), atMs: T0 + 1 }),
    );
    expect(logged.map(({ type }) => type)).toEqual(['message.created', 'thread.updated']);
    const [thread, ...others] = await threads();
    expect(others).toEqual([]);
    expect(thread).toMatchObject({ contact: { phone: '+15550100101', displayName: '+15550100101' } });
    expect(await take(said('m3', { chat: lid('220000000000101'), atMs: T0 + 2 }))).toHaveLength(2);
  });
});

describe('an edit', () => {
  const edit = (over: object = {}): InboundEvent => ({
    kind: 'edit',
    channel: account.channel,
    ...base,
    direction: 'inbound',
    providerMessageId: 'e',
    targetId: 'm1',
    chat: ADA,
    text: 'edited',
    type: 'text',
    ...over,
  });

  it('of a stranger’s chat changes nothing and makes nobody', async () => {
    await take(said('m1'));
    await take(edit({ chat: lid('220000000000999') }));
    expect(await row('m1')).toMatchObject({ text: 'text of m1' });
    const [contacts] = await db.database.run(
      'test.contacts',
      (sql) => sql`select count(*)::int as n from contacts where tenant_id = ${account.tenantId}`,
    );
    expect(contacts).toEqual({ n: 1 });
  });

  it('of a stranger’s chat changes nothing, also where it comes before its message', async () => {
    await take(edit({ chat: lid('220000000000999') }));
    await take(said('m1'));
    expect(await row('m1')).toMatchObject({ text: 'text of m1', editedAt: null });
  });

  it('that comes before its message is the one of a customer who was nobody yet', async () => {
    await take(edit());
    await take(said('m1'));
    expect(await row('m1')).toMatchObject({ text: 'edited' });
  });

  it('that cannot be drawn leaves the text', async () => {
    await take(said('m1'));
    await take(edit({ type: 'unsupported', text: null }));
    expect(await row('m1')).toMatchObject({ text: 'text of m1', editedAt: null });
  });
});

describe('one person over versions of Evolution', () => {
  const PHONE = '15550100101@s.whatsapp.net';
  const LID = '220000000000101@lid';
  /** How each version names the person; `links`: by both of their addresses. */
  const VERSIONS = [
    { version: '2.2.3', links: false, key: { remoteJid: LID } },
    { version: '2.3.4', links: true, key: { remoteJid: PHONE, senderPn: PHONE, previousRemoteJid: LID } },
    { version: '2.3.6', links: true, key: { remoteJid: LID, remoteJidAlt: PHONE, addressingMode: 'lid' } },
    { version: '2.3.7', links: false, key: { remoteJid: PHONE, remoteJidAlt: PHONE, addressingMode: 'lid' } },
    { version: '2.4.0', links: true, key: { remoteJid: PHONE, remoteJidAlt: LID, addressingMode: 'pn' } },
    { version: '2.4.0, a second device', links: false, key: { remoteJid: '15550100101', addressingMode: 'pn' } },
  ];
  const linking = VERSIONS.filter(({ links }) => links);

  it.each(linking)(
    'is one contact with one thread, once $version has named them by both addresses',
    async ({ key }) => {
      const keys = [key, ...VERSIONS.map((each) => each.key), ...VERSIONS.map((each) => each.key).reverse()];
      for (const [index, each] of keys.entries()) {
        const data = {
          key: { ...each, fromMe: false, id: `3A${String(index).padStart(18, '0')}` },
          pushName: 'Ada Example',
          message: { conversation: 'hello' },
          messageTimestamp: T0 / 1000 + index,
        };
        const body = Buffer.from(JSON.stringify({ event: 'messages.upsert', instance: account.channel, data }));
        const parsed = parseBody('evolution', body, T0 + 60_000);
        if (!parsed.ok) throw new Error(parsed.broken);
        await apply(db.database, account, [part(parsed.events, { provider: 'evolution', receivedAtMs: T0 + 60_000 })]);
      }
      expect((await threads()).map((thread) => thread['unreadCount'])).toEqual([keys.length]);
    },
  );
});
