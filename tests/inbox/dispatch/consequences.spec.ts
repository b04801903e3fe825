import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProviderName } from '../../../src/contract/entities.ts';
import { createSideEvents } from '../../../src/inbox/ingest/side-events.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { providerNamed } from '../../../src/providers/index.ts';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { silentLog } from '../../support/log.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  loggedStates,
  queueText,
  stored,
  type TestAccount,
  type TestSender,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../../support/provider-stub.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

let db: TestDatabase;
let server: TestRedis;
let stub: ProviderStub;
let sender: TestSender;

beforeAll(async () => {
  db = await createTestDatabase();
  server = await startTestRedis();
  stub = await startProviderStub();
  sender = await createSender(db.database, server.url);
});
afterAll(async () => {
  await sender.close();
  await stub.close();
  await server.drop();
  await db.drop();
});

/** A thread whose window, as far as we know, is open for ten hours. */
async function openThread(digits: string): Promise<{ account: TestAccount; thread: ThreadRef }> {
  const account = await createSendingTenant(db.database, { baseUrl: stub.url });
  const thread = await createThread(db.database, account, digits);
  await db.database.run(
    'test.window',
    (sql) => sql`update threads set window_expires_at = now() + interval '10 hours' where id = ${thread.threadId}`,
  );
  return { account, thread };
}

async function isOpen({ threadId }: ThreadRef): Promise<boolean> {
  const [row] = await db.database.run(
    'test.open',
    (sql) => sql<{ open: boolean }[]>`select window_expires_at > now() as open from threads where id = ${threadId}`,
  );
  return row?.open === true;
}

/** A message of the customer that sorts behind everything so far. */
async function customerWrites({ tenantId, threadId, accountId }: ThreadRef): Promise<void> {
  await db.database.run(
    'test.inbound',
    (sql) => sql`
      insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, status, author_type, sent_at,
        received_at, position, provider_message_id)
      values (${tenantId}, ${uuid7()}, ${threadId}, ${accountId}, 'inbound', 'text', 'hello?', 'received', 'contact', now(),
        now(), '9999999999999-0', ${uuid7()})`,
  );
}

/** Meta's webhook that says that a message failed. */
function failedCloud(account: TestAccount, id: string, code: number, reference?: string): Buffer {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const status = {
    ...{ id, status: 'failed', timestamp, recipient_id: '15550100101', errors: [{ code, title: 'x' }] },
    ...(reference === undefined ? {} : { biz_opaque_callback_data: reference }),
  };
  const metadata = { display_phone_number: '15550100000', phone_number_id: account.channel };
  const value = { messaging_product: 'whatsapp', metadata, statuses: [status] };
  const body = { object: 'whatsapp_business_account', entry: [{ id: '1', changes: [{ field: 'messages', value }] }] };
  return Buffer.from(JSON.stringify(body));
}

/** Twilio's. */
function failedTwilio(code: number): Buffer {
  const status = { MessageSid: `SM${'1'.repeat(32)}`, MessageStatus: 'undelivered', ErrorCode: String(code) };
  const ends = { From: 'whatsapp:+15550100000', To: 'whatsapp:+15550100101', AccountSid: `AC${'1'.repeat(32)}` };
  return Buffer.from(new URLSearchParams({ ...status, ...ends }).toString());
}

function eventsOf(provider: ProviderName, body: Buffer): readonly InboundEvent[] {
  const parsed = providerNamed(provider)?.parse(body, Date.now());
  if (parsed?.ok !== true) throw new Error('not a webhook');
  return parsed.events;
}

function sideEvents(
  account: TestAccount,
  pace: Parameters<typeof createSideEvents>[0]['pace'],
): ReturnType<typeof createSideEvents> {
  return createSideEvents({
    ...{ db: db.database, log: silentLog, clock: systemClock, hints: { publish: () => undefined }, pace },
    resolve: () => account,
    businessOf: () => null,
  });
}

/** What Meta's webhook about this message makes happen. */
async function failedStatus(account: TestAccount, id: string, code: number, reference?: string): Promise<void> {
  const apply = sideEvents(account, { rest: () => undefined, slowDown: () => undefined });
  const part = { provider: 'cloud', auth: 'global' } as never;
  const events = eventsOf('cloud', failedCloud(account, id, code, reference));
  await apply(events.map((event) => ({ part, event })));
}

describe('a carrier that says the window is over', () => {
  it('in its answer: the message asks for a template, and everybody sees the window closed', async () => {
    const { account, thread } = await openThread('15550101001');
    const id = await queueText(db.database, thread, 'late');
    stub.answer = () => ({ kind: 'refuse', status: 400, code: 131047 });
    await sender.drain(thread);
    const message = await stored(db.database, id);
    expect(message).toMatchObject({ status: 'failed', attempts: 1, error: { code: '131047', retryable: false } });
    expect(message.error?.title).toContain('send a template');
    expect(await isOpen(thread)).toBe(false);
    expect((await loggedStates(db.database, account.tenantId)).slice(-2)).toEqual([
      'message.updated:failed',
      'thread.updated',
    ]);
  });

  it('is not believed about a customer who has written since', async () => {
    const { thread } = await openThread('15550101002');
    await queueText(db.database, thread, 'late');
    stub.answer = async () => {
      await customerWrites(thread);
      return { kind: 'refuse', status: 400, code: 131047 };
    };
    await sender.drain(thread);
    expect(await isOpen(thread)).toBe(true);
  });

  it.each(['by its id', 'by our reference, while the answer is not recorded yet'])(
    'in a status, %s: the same',
    async (how) => {
      const { account, thread } = await openThread('15550101003');
      const id = await queueText(db.database, thread, 'taken at first');
      stub.answer = () => ({ kind: 'accept', id: `wamid.${id}` });
      if (how === 'by its id') await sender.drain(thread);
      await failedStatus(account, `wamid.${id}`, 131026, id);
      expect(await isOpen(thread)).toBe(true);
      await failedStatus(account, `wamid.${id}`, 131047, id);
      expect(await isOpen(thread)).toBe(false);
      const events = await loggedStates(db.database, account.tenantId);
      expect(events.at(-1)).toBe('thread.updated');
      await failedStatus(account, `wamid.${id}`, 131047, id);
      expect(await loggedStates(db.database, account.tenantId)).toEqual(events);
    },
  );
});

describe('a carrier that says later that a number was too fast', () => {
  it.each([
    ['Meta', 'cloud', 130429],
    ['Twilio', 'twilio', 63018],
  ] as const)('%s: the number slows down, once for a whole batch', async (_who, provider, code) => {
    const account = await createSendingTenant(db.database, { baseUrl: stub.url, provider });
    const slowed: string[] = [];
    const apply = sideEvents(account, { rest: () => undefined, slowDown: (accountId) => slowed.push(accountId) });
    const status = provider === 'cloud' ? failedCloud(account, 'wamid.1', code) : failedTwilio(code);
    const parsed = [status, status].flatMap((body) => eventsOf(provider, body));
    await apply(
      parsed.map((event) => ({ part: { provider, auth: 'global', receivedAtMs: Date.now() } as never, event })),
    );
    expect(slowed).toEqual([account.accountId]);
  });
});
