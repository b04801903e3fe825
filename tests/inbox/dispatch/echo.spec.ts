/** The carrier's copy of what we send is the message we sent, whatever chat it names. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId } from '../../../src/contract/ids.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { testRedisUrl } from '../../support/environment.ts';
import { apply, message, part, reaction } from '../../support/ingest.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  queueText,
  stored,
  type TestAccount,
  type TestSender,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../../support/provider-stub.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import type { MessageEvent } from '../../../src/providers/inbound.ts';

const LID = { addresses: [{ type: 'lid', value: '220000000000101' }], name: null } as const;

let db: TestDatabase;
let stub: ProviderStub;
let sender: TestSender;
let account: TestAccount;
let thread: ThreadRef;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  stub = await startProviderStub();
  sender = await createSender(db.database, testRedisUrl());
  account = await createSendingTenant(db.database, { baseUrl: stub.url });
  thread = await createThread(db.database, account, '15550100101');
  return async () => {
    await sender.close();
    await stub.close();
  };
});

const echo = (ref: string, over: Partial<MessageEvent> = {}): MessageEvent =>
  message(account.channel, `wamid.${ref}`, {
    ...{ direction: 'outbound', origin: 'api', text: 'hello', chat: LID, clientRef: ref },
    ...over,
  });
const take = (...events: MessageEvent[]): Promise<unknown> => apply(db.database, account, [part(events)]);

interface Kept {
  readonly id: string;
  readonly threadId: string;
}

async function messages(): Promise<readonly Kept[]> {
  return await db.database.run(
    'test.messages',
    (sql) => sql<Kept[]>`
      select id, thread_id as "threadId" from messages where tenant_id = ${account.tenantId} order by position`,
  );
}

async function conversations(): Promise<number> {
  const rows = await db.database.run(
    'test.threads',
    (sql) => sql`select id from threads where tenant_id = ${account.tenantId}`,
  );
  return rows.length;
}

async function contacts(): Promise<number> {
  const rows = await db.database.run(
    'test.contacts',
    (sql) => sql`select id from contacts where tenant_id = ${account.tenantId}`,
  );
  return rows.length;
}

describe('a copy under another address, before the answer', () => {
  it('is the message that was sent, in its own conversation', async () => {
    const id = await queueText(db.database, thread, 'hello');
    const seen: unknown[] = [];
    stub.answer = async () => {
      await take(echo(id));
      seen.push(await messages(), await stored(db.database, id));
      return { kind: 'accept', id: `wamid.${id}` };
    };
    await sender.drain(thread);
    const settled = { sendState: 'accepted', providerMessageId: `wamid.${id}` };
    expect(seen).toMatchObject([[{ id, threadId: thread.threadId }], settled]);
    expect(stub.calls).toHaveLength(1);
    expect(await messages()).toEqual([{ id, threadId: thread.threadId }]);
    expect(await conversations()).toBe(1);
  });

  it('settles a send whose answer never comes', async () => {
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = () => ({ kind: 'accept-then-reset' });
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'unknown' });
    await take(echo(id));
    await take(echo(id));
    expect(await messages()).toEqual([{ id, threadId: thread.threadId }]);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'accepted', status: 'sent' });
    expect(await conversations()).toBe(1);
  });

  it('leaves a conversation that this address has already as it was', async () => {
    await take(message(account.channel, 'from-lid', { chat: LID }));
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = () => ({ kind: 'accept-then-reset' });
    await sender.drain(thread);
    await take(echo(id));
    expect((await messages()).filter(({ threadId }) => threadId === thread.threadId)).toHaveLength(1);
    expect(await messages()).toHaveLength(2);
  });

  it('teaches no contact an address that may be another’s', async () => {
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = () => ({ kind: 'accept-then-reset' });
    await sender.drain(thread);
    await take(echo(id));
    const addresses = await db.database.run(
      'test.addresses',
      (sql) => sql<{ type: string }[]>`
        select a.type from threads t join contact_addresses a on a.tenant_id = t.tenant_id and a.contact_id = t.contact_id
        where t.tenant_id = ${account.tenantId}`,
    );
    expect(addresses.map(({ type }) => type)).toEqual(['wa_id']);
  });

  it('makes nobody of an address that nobody has: it is the customer’s once a message tells so', async () => {
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = () => ({ kind: 'accept-then-reset' });
    await sender.drain(thread);
    await take(echo(id));
    await take(echo(id));
    expect(await contacts()).toBe(1);
    const both = [{ type: 'wa_id', value: '15550100101' }, ...LID.addresses] as const;
    await take(message(account.channel, 'both', { chat: { addresses: both, name: null } }));
    await take(message(account.channel, 'by-lid', { chat: LID }));
    expect((await messages()).map(({ threadId }) => threadId)).toEqual(Array(3).fill(thread.threadId));
    expect(await contacts()).toBe(1);
  });

  it('makes somebody of an address that says something besides', async () => {
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = () => ({ kind: 'accept-then-reset' });
    await sender.drain(thread);
    await apply(db.database, account, [
      part([echo(id), reaction(account.channel, `wamid.${id}`, '👍', { chat: LID })]),
    ]);
    expect(await contacts()).toBe(2);
    await take(message(account.channel, 'by-lid', { chat: LID }));
    expect(await contacts()).toBe(2);
  });

  it('of what another number of the business sent is a message of its own', async () => {
    const accountId = uuid7() as AccountId;
    const { tenantId } = account;
    await db.database.run(
      'test.account',
      (sql) => sql`insert into whatsapp_accounts (tenant_id, id, provider, external_id, name)
        values (${tenantId}, ${accountId}, 'cloud', '100000000000009', 'Other')`,
    );
    const id = await queueText(db.database, thread, 'hello');
    await apply(db.database, { ...account, accountId }, [part([echo(id)])]);
    expect(await messages()).toHaveLength(2);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'queued', providerMessageId: null });
  });
});
