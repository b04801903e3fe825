import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Event } from '../../../src/contract/events.ts';
import { updateAccount } from '../../../src/inbox/accounts/writes.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { testRedisUrl } from '../../support/environment.ts';
import { apply, message, part, reaction, status } from '../../support/ingest.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  loggedStates,
  makeDue,
  KEY,
  queueText,
  stored,
  type TestAccount,
  type TestSender,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub, type StubAnswer } from '../../support/provider-stub.ts';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';

let db: TestDatabase;
let stub: ProviderStub;
let sender: TestSender;
let account: TestAccount;
let thread: ThreadRef;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});
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

const refuse = (code: number, httpStatus = 400, retryAfter?: number): StubAnswer => ({
  kind: 'refuse',
  status: httpStatus,
  code,
  ...(retryAfter === undefined ? {} : { retryAfter }),
});

describe('a send that is accepted', () => {
  it('is called once, stored under the id of the carrier and logged as sending and then sent', async () => {
    const id = await queueText(db.database, thread, 'hello');
    expect(await sender.drain(thread)).toEqual({ kind: 'idle' });
    expect(stub.calls.map(({ reference, text, token }) => [reference, text, token])).toEqual([
      [id, 'hello', 'Bearer token-1'],
    ]);
    expect(await stored(db.database, id)).toMatchObject({
      sendState: 'accepted',
      status: 'sent',
      attempts: 1,
      error: null,
    });
    expect(await loggedStates(db.database, account.tenantId)).toEqual([
      'message.updated:sending',
      'thread.updated',
      'message.updated:sent',
      'thread.updated',
    ]);
  });

  it('tells clients nothing that they cannot parse', async () => {
    await queueText(db.database, thread, 'hello');
    await sender.drain(thread);
    const rows = await db.database.run(
      'test.events',
      (sql) => sql<{ event: Record<string, unknown> }[]>`
        select log_event_json(e) as event from tenant_events e where tenant_id = ${account.tenantId} order by seq`,
    );
    expect(rows).toHaveLength(4);
    for (const { event } of rows) Event.parse(event);
  });

  it('takes the statuses, reactions and quotes that arrived before the answer', async () => {
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = async (call) => {
      const own = `wamid.early.${call.reference}`;
      await apply(db.database, account, [
        part([status(account.channel, own, 'delivered'), reaction(account.channel, own, '👍')]),
        part([message(account.channel, `quote-${own}`, { contextId: own })]),
      ]);
      return { kind: 'accept', id: own };
    };
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ status: 'delivered' });
    const [row] = await db.database.run(
      'test.message',
      (sql) => sql<{ row: Record<string, unknown> }[]>`select message_json(m) as row from messages m where id = ${id}`,
    );
    expect(row?.row['reactions']).toMatchObject([{ emoji: '👍' }]);
    const [quote] = await db.database.run(
      'test.quote',
      (sql) => sql<{ id: string | null }[]>`
        select reply_message_id as id from messages where tenant_id = ${account.tenantId} and direction = 'inbound'`,
    );
    expect(quote?.id).toBe(id);
    const [left] = await db.database.run(
      'test.parked',
      (sql) => sql<{ left: number }[]>`select count(*) as left from parked where tenant_id = ${account.tenantId}`,
    );
    expect(left?.left).toBe(0);
  });

  it('keeps one row when an echo of it was stored first, and the echo leaves the thread', async () => {
    const id = await queueText(db.database, thread, 'hello');
    stub.answer = async () => {
      const echo = message(account.channel, 'wamid.echoed', { direction: 'outbound', origin: 'api', text: 'HELLO' });
      await apply(db.database, account, [part([echo]), part([status(account.channel, 'wamid.echoed', 'read')])]);
      return { kind: 'accept', id: 'wamid.echoed' };
    };
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ providerMessageId: 'wamid.echoed', status: 'read' });
    const rows = await db.database.run(
      'test.rows',
      (sql) => sql<{ id: string; last: string }[]>`
        select m.id, t.last_message_id as last from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
        where m.tenant_id = ${account.tenantId}`,
    );
    expect(rows).toEqual([{ id, last: id }]);
    const events = await db.database.run(
      'test.events',
      (sql) => sql<{ type: string; data: Record<string, unknown> }[]>`
        select type, data from tenant_events where tenant_id = ${account.tenantId} order by seq`,
    );
    const copy = (events.find(({ type }) => type === 'message.created')?.data['message'] ?? {}) as { id: string };
    const removal = events.findIndex(({ type }) => type === 'message.removed');
    expect(events[removal]?.data).toEqual({ messageId: copy.id, threadId: thread.threadId });
    expect(events.slice(removal).map(({ type }) => type)).toContain('thread.updated');
    expect(events.at(-1)?.data['thread']).toMatchObject({ lastMessage: { id } });
  });

  it('finds the customer again under the number that the carrier answered with', async () => {
    stub.answer = () => ({ kind: 'accept', waId: '15550100999' });
    await queueText(db.database, thread, 'hello');
    await sender.drain(thread);
    await apply(db.database, account, [
      part([
        message(account.channel, 'in-1', {
          chat: { addresses: [{ type: 'wa_id', value: '15550100999' }], name: null },
        }),
      ]),
    ]);
    const threads = await db.database.run(
      'test.threads',
      (sql) => sql`select 1 from threads where tenant_id = ${account.tenantId}`,
    );
    expect(threads).toHaveLength(1);
  });
});

describe('a send that is refused', () => {
  it('goes back to the queue for a temporary reason, is due later, and blocks those behind it', async () => {
    const first = await queueText(db.database, thread, 'one');
    const second = await queueText(db.database, thread, 'two');
    stub.answer = (_call, index) => (index === 0 ? refuse(131016, 500) : { kind: 'accept' });
    expect(await sender.drain(thread)).toMatchObject({ kind: 'wait', scope: 'thread' });
    await db.database.run(
      'test.later',
      (sql) => sql`update messages set next_attempt_at = now() + interval '1 hour' where id = ${first}`,
    );
    expect(await sender.drain(thread)).toMatchObject({ kind: 'wait', scope: 'thread' });
    expect(stub.delivered).toEqual([]);
    expect(await stored(db.database, second)).toMatchObject({ sendState: 'queued', attempts: 0 });
    await makeDue(db.database, first);
    await sender.drain(thread);
    expect(stub.delivered).toEqual(['one', 'two']);
  });

  it('fails after eight attempts and may then be retried by an agent', async () => {
    const id = await queueText(db.database, thread, 'one');
    stub.answer = () => refuse(131016, 500);
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await makeDue(db.database, id);
      await createStepWithoutBreaker();
    }
    expect(stub.calls).toHaveLength(8);
    expect(await stored(db.database, id)).toMatchObject({
      sendState: 'failed',
      status: 'failed',
      error: { code: '131016', retryable: true },
    });
  });

  it('waits four seconds, then sixteen, for one recipient that had too many', async () => {
    const id = await queueText(db.database, thread, 'one');
    stub.answer = () => refuse(131056);
    expect(await sender.drain(thread)).toEqual({ kind: 'wait', scope: 'thread', waitMs: 4000 });
    await makeDue(db.database, id);
    expect(await sender.drain(thread)).toEqual({ kind: 'wait', scope: 'thread', waitMs: 16_000 });
  });

  it('rests the whole number when the carrier limits it, in every worker, without using up attempts', async () => {
    const other = await createThread(db.database, account, '15550100102');
    const id = await queueText(db.database, thread, 'one');
    await queueText(db.database, other, 'two');
    stub.answer = () => refuse(131048);
    expect(await sender.drain(thread)).toMatchObject({ kind: 'wait', scope: 'account' });
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'queued', attempts: 0 });
    const second = await createSender(db.database, testRedisUrl());
    expect(await second.drain(other)).toMatchObject({ kind: 'wait', scope: 'account' });
    await second.close();
    expect(stub.calls).toHaveLength(1);
  });

  it('slows the whole number down, in every worker, once the carrier finds it too fast', async () => {
    await queueText(db.database, thread, 'one');
    stub.answer = () => refuse(130429);
    await sender.drain(thread);
    const second = await createSender(db.database, testRedisUrl());
    const wanted = { ...thread, provider: 'cloud', coexistence: false, priority: 'agent' } as const;
    const takes = Array.from({ length: 60 }, () => second.deps.pace.take({ ...wanted, threadId: uuid7() }));
    const waiting = (await Promise.all(takes)).filter(({ waitMs }) => waitMs > 0);
    // A number that nobody complained of may send 80 at once.
    expect(waiting.length).toBeGreaterThan(0);
    expect(waiting.every(({ scope }) => scope === 'account')).toBe(true);
    await second.close();
  });

  it('waits as long as Retry-After says', async () => {
    const id = await queueText(db.database, thread, 'one');
    stub.answer = () => refuse(130429, 429, 120);
    expect(await sender.drain(thread)).toMatchObject({ kind: 'wait', scope: 'account', waitMs: 120_000 });
    expect((await stored(db.database, id)).dueInMs).toBeGreaterThan(100_000);
  });

  it('stops the account and says so to everybody when the token is dead', async () => {
    const id = await queueText(db.database, thread, 'one');
    stub.answer = () => refuse(190, 401);
    expect(await sender.drain(thread)).toEqual({ kind: 'idle' });
    expect(await stored(db.database, id)).toMatchObject({ status: 'failed', error: { code: '190', retryable: true } });
    expect(await loggedStates(db.database, account.tenantId)).toContain('account.updated');
    const [row] = await db.database.run(
      'test.account',
      (sql) => sql<{ state: string }[]>`select state from whatsapp_accounts where id = ${account.accountId}`,
    );
    expect(row?.state).toBe('reauth');
  });

  it('tries again at once, and stops nothing, when the token was replaced meanwhile', async () => {
    const id = await queueText(db.database, thread, 'one');
    stub.answer = async (call) => {
      if (call.token === 'Bearer token-2') return { kind: 'accept' };
      await db.database.transaction('test.token', (tx) => updateAccount(tx, account, { accessToken: 'token-2' }, KEY));
      return refuse(190, 401);
    };
    await sender.drain(thread);
    await sender.drain(thread);
    expect(await stored(db.database, id)).toMatchObject({ status: 'sent', attempts: 2 });
    expect(await loggedStates(db.database, account.tenantId)).not.toContain('account.updated');
  });

  it('fails at once where a template is needed, and the next message goes on', async () => {
    const first = await queueText(db.database, thread, 'one');
    await queueText(db.database, thread, 'two');
    stub.answer = (_call, index) => (index === 0 ? refuse(131047) : { kind: 'accept' });
    await sender.drain(thread);
    const failed = await stored(db.database, first);
    expect(failed).toMatchObject({ status: 'failed', error: { code: '131047', retryable: false } });
    expect(failed.error?.title).toContain('template');
    expect(stub.delivered).toEqual(['two']);
  });

  it('never calls for a number without a token', async () => {
    const bare = await createSendingTenant(db.database, { baseUrl: stub.url, token: null });
    const own = await createThread(db.database, bare, '15550100103');
    const id = await queueText(db.database, own, 'one');
    await sender.drain(own);
    expect(stub.calls).toEqual([]);
    expect(await stored(db.database, id)).toMatchObject({ status: 'failed', error: { retryable: true } });
  });

  async function createStepWithoutBreaker(): Promise<void> {
    const fresh = await createSender(db.database, testRedisUrl());
    await fresh.drain(thread);
    await fresh.close();
  }
});

describe('a send whose fate nobody knows', () => {
  for (const kind of ['accept-then-500', 'accept-then-reset', 'accept-then-hang'] as const) {
    it(`is unknown after ${kind}, is never called again, does not block, and is settled by its status`, async () => {
      // Long enough for the message behind it on a busy machine; only who hangs is waited for.
      const quick = await createSender(db.database, testRedisUrl(), { deadlineMs: 2000 });
      const id = await queueText(db.database, thread, 'one');
      await queueText(db.database, thread, 'two');
      stub.answer = (_call, index) => (index === 0 ? { kind } : { kind: 'accept' });
      await quick.drain(thread);
      await quick.drain(thread);
      await quick.close();
      expect(stub.calls.map(({ text }) => text)).toEqual(['one', 'two']);
      expect(await stored(db.database, id)).toMatchObject({ sendState: 'unknown', status: 'unknown' });
      await apply(db.database, account, [
        part([status(account.channel, 'wamid.late', 'delivered', { clientRef: id })]),
      ]);
      expect(await stored(db.database, id)).toMatchObject({
        sendState: 'accepted',
        status: 'delivered',
        providerMessageId: 'wamid.late',
      });
      expect(stub.delivered).toEqual(['one', 'two']);
    });
  }

  it('was certainly not sent when nobody listens, and is tried again', async () => {
    const gone = await createSendingTenant(db.database, { baseUrl: 'http://127.0.0.1:9' });
    const own = await createThread(db.database, gone, '15550100104');
    const id = await queueText(db.database, own, 'one');
    await sender.drain(own);
    expect(await stored(db.database, id)).toMatchObject({ sendState: 'queued', attempts: 1 });
  });
});
