import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Event } from '../../../src/contract/events.ts';
import { Thread } from '../../../src/contract/entities.ts';
import { Message } from '../../../src/contract/message.ts';
import type { AccountRef } from '../../../src/inbox/ingest/part.ts';
import type { StatusEvent } from '../../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import {
  ADA,
  apply,
  createTenant,
  messageRow,
  message,
  part,
  person,
  reaction,
  status,
  T0,
  threadRows,
} from '../../support/ingest.ts';

let db: TestDatabase;
let account: AccountRef & { channel: string };

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const fresh = async (): Promise<string> => {
  account = await createTenant(db.database);
  return account.channel;
};

const permutations = <T>(items: readonly T[]): T[][] =>
  items.length <= 1
    ? [[...items]]
    : items.flatMap((item, i) =>
        permutations([...items.slice(0, i), ...items.slice(i + 1)]).map((rest) => [item, ...rest]),
      );

describe('storing what customers write', () => {
  it('turns a first message into a contact, a thread, a message and events that clients can parse', async () => {
    const channel = await fresh();
    const logged = await apply(db.database, account, [part([message(channel, 'w1')])]);
    expect(logged.map(({ type, seq }) => [seq, type])).toEqual([
      [1, 'thread.created'],
      [2, 'message.created'],
    ]);
    for (const { event } of logged) {
      const { seq, at, type, data } = JSON.parse(event) as Record<string, unknown>;
      Event.parse({ seq, at, type, data });
    }
    const [thread] = await threadRows(db.database, account.tenantId);
    expect(Thread.parse(thread)).toMatchObject({
      unreadCount: 1,
      status: 'open',
      contact: { displayName: 'Ada Example', phone: '+15550100101' },
    });
    expect(Message.parse(await messageRow(db.database, account.tenantId, 'w1'))).toMatchObject({
      status: 'received',
      text: 'text of w1',
    });
  });

  it('stores the same message once, whether it comes twice in a batch, in another batch, or twenty times at once', async () => {
    const channel = await fresh();
    const same = (): ReturnType<typeof part> => part([message(channel, 'w1')]);
    const runs = await Promise.all(Array.from({ length: 20 }, () => apply(db.database, account, [same(), same()])));
    expect(runs.flat().filter(({ type }) => type === 'message.created')).toHaveLength(1);
    const threads = await threadRows(db.database, account.tenantId);
    expect(threads).toHaveLength(1);
    expect(threads[0]).toMatchObject({ unreadCount: 1 });
  });

  it('makes one contact and one thread of ten different first messages at once, every time', async () => {
    for (let round = 0; round < 15; round += 1) {
      const channel = await fresh();
      const ids = Array.from({ length: 10 }, (_, i) => `w${String(i)}`);
      await Promise.all(ids.map((id) => apply(db.database, account, [part([message(channel, id)])])));
      const threads = await threadRows(db.database, account.tenantId);
      expect(threads).toHaveLength(1);
      expect(threads[0]).toMatchObject({ unreadCount: 10 });
    }
  });

  it('finds a person again by any of their addresses and never merges two people silently', async () => {
    const channel = await fresh();
    const lid = { type: 'lid' as const, value: '220000000000101' };
    await apply(db.database, account, [part([message(channel, 'w1', { chat: person('5511987654321', 'Bia') })])]);
    await apply(db.database, account, [
      part([
        message(channel, 'w2', { chat: { addresses: [{ type: 'wa_id', value: '551187654321' }, lid], name: null } }),
      ]),
    ]);
    await apply(db.database, account, [part([message(channel, 'w3', { chat: { addresses: [lid], name: null } })])]);
    await apply(db.database, account, [part([message(channel, 'w4', { chat: person('15550100102', 'Other') })])]);
    await apply(db.database, account, [
      part([
        message(channel, 'w5', { chat: { addresses: [lid, { type: 'wa_id', value: '15550100102' }], name: null } }),
      ]),
    ]);
    const threads = await threadRows(db.database, account.tenantId);
    expect(threads.map((thread) => thread['unreadCount']).sort()).toEqual([1, 4]);
  });

  it('keeps a thread in the order of the provider clock whatever the order of arrival', async () => {
    const channel = await fresh();
    for (const second of [3, 1, 2])
      await apply(db.database, account, [part([message(channel, `w${String(second)}`, { atMs: T0 + second * 1000 })])]);
    const [thread] = await threadRows(db.database, account.tenantId);
    expect(thread).toMatchObject({
      unreadCount: 3,
      lastMessage: { preview: 'text of w3' },
      lastActivityAt: new Date(T0 + 3000).toISOString(),
    });
  });

  it('takes backlog without unread, window or reopening', async () => {
    const channel = await fresh();
    await apply(db.database, account, [part([message(channel, 'w1', { history: true })])]);
    const [thread] = await threadRows(db.database, account.tenantId);
    expect(thread).toMatchObject({ unreadCount: 0, windowExpiresAt: null });
  });

  it('opens a resolved thread when the customer writes again', async () => {
    const channel = await fresh();
    await apply(db.database, account, [part([message(channel, 'w1')])]);
    await db.database.run(
      'test.resolve',
      (sql) => sql`update threads set status = 'resolved' where tenant_id = ${account.tenantId}`,
    );
    await apply(db.database, account, [part([message(channel, 'w2', { atMs: T0 + 1000 })])]);
    expect((await threadRows(db.database, account.tenantId))[0]).toMatchObject({ status: 'open' });
  });

  it('links quotes in whichever order the two messages come', async () => {
    const channel = await fresh();
    await apply(db.database, account, [part([message(channel, 'answer', { contextId: 'question', atMs: T0 + 1000 })])]);
    await apply(db.database, account, [part([message(channel, 'question')])]);
    const question = await messageRow(db.database, account.tenantId, 'question');
    expect(await messageRow(db.database, account.tenantId, 'answer')).toMatchObject({
      replyTo: { messageId: question['id'] },
      version: 2,
    });
  });
});

describe('delivery states', () => {
  const states: StatusEvent['status'][] = ['sent', 'delivered', 'read'];
  const outbound = { direction: 'outbound', origin: 'phone' } as const;

  it('end in the same row for every order of arrival, before and after their message', async () => {
    const results = new Set<string>();
    for (const order of permutations([...states, 'message'] as const)) {
      const channel = await fresh();
      for (const item of order) {
        const event =
          item === 'message'
            ? message(channel, 'w1', outbound)
            : status(channel, 'w1', item, { atMs: T0 + states.indexOf(item) * 1000 });
        await apply(db.database, account, [part([event])]);
      }
      const { status: shown, statusAt } = await messageRow(db.database, account.tenantId, 'w1');
      results.add(JSON.stringify({ shown, statusAt }));
    }
    expect([...results].map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        shown: 'read',
        statusAt: {
          sent: new Date(T0).toISOString(),
          delivered: new Date(T0 + 1000).toISOString(),
          read: new Date(T0 + 2000).toISOString(),
        },
      },
    ]);
  });

  it('a late sent does not undo read, and a repeated state logs nothing', async () => {
    const channel = await fresh();
    await apply(db.database, account, [part([message(channel, 'w1', outbound), status(channel, 'w1', 'read')])]);
    const again = await apply(db.database, account, [part([status(channel, 'w1', 'read')])]);
    expect(again).toEqual([]);
    await apply(db.database, account, [part([status(channel, 'w1', 'sent', { atMs: T0 + 9000 })])]);
    expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({ status: 'read' });
  });

  it('shows failed with its reason until a delivery proves the opposite', async () => {
    const channel = await fresh();
    const error = { code: '131026', title: 'Undeliverable', retryable: false };
    await apply(db.database, account, [
      part([message(channel, 'w1', outbound), status(channel, 'w1', 'failed', { error })]),
    ]);
    expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({ status: 'failed', error });
    await apply(db.database, account, [part([status(channel, 'w1', 'delivered')])]);
    expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({ status: 'delivered', error: null });
  });

  it('joins a state that arrives in the same moment as its message, whoever commits first', async () => {
    for (let round = 0; round < 15; round += 1) {
      const channel = await fresh();
      await Promise.all([
        apply(db.database, account, [part([message(channel, 'w1', outbound)])]),
        apply(db.database, account, [part([status(channel, 'w1', 'delivered')])]),
        apply(db.database, account, [part([status(channel, 'w1', 'read')])]),
      ]);
      expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({ status: 'read' });
    }
  });

  it('copes with 5,000 states in one body', async () => {
    const channel = await fresh();
    const many = Array.from({ length: 5000 }, (_, i) =>
      status(channel, `w${String(i % 2500)}`, i < 2500 ? 'sent' : 'delivered'),
    );
    await apply(db.database, account, [part([message(channel, 'w7', outbound)]), part(many)]);
    expect(await messageRow(db.database, account.tenantId, 'w7')).toMatchObject({ status: 'delivered' });
  });
});

describe('reactions and edits', () => {
  it('the last reaction of a person wins, also when it comes before its message', async () => {
    for (const order of permutations(['message', 'early', 'late'] as const)) {
      const channel = await fresh();
      const items = {
        message: message(channel, 'w1'),
        early: reaction(channel, 'w1', '👍', { atMs: T0 + 1000 }),
        late: reaction(channel, 'w1', '❤️', { atMs: T0 + 2000 }),
      };
      for (const item of order) await apply(db.database, account, [part([items[item]])]);
      expect((await messageRow(db.database, account.tenantId, 'w1'))['reactions']).toMatchObject([
        { emoji: '❤️', by: { type: 'contact' } },
      ]);
    }
  });

  it('takes a reaction off, and an older one does not come back', async () => {
    const channel = await fresh();
    await apply(db.database, account, [
      part([message(channel, 'w1'), reaction(channel, 'w1', null, { atMs: T0 + 3000 })]),
    ]);
    await apply(db.database, account, [part([reaction(channel, 'w1', '👍', { atMs: T0 + 1000 })])]);
    expect((await messageRow(db.database, account.tenantId, 'w1'))['reactions']).toEqual([]);
  });

  it('edits and revokes only what the same side wrote in the same chat', async () => {
    const channel = await fresh();
    await apply(db.database, account, [part([message(channel, 'w1')])]);
    const edit = {
      kind: 'edit',
      channel,
      atMs: T0 + 1000,
      providerMessageId: null,
      targetId: 'w1',
      text: 'corrected',
    } as const;
    await apply(db.database, account, [
      part([
        { ...edit, direction: 'outbound', chat: ADA },
        { ...edit, direction: 'inbound', chat: person('15550100999') },
      ]),
    ]);
    expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({ text: 'text of w1', editedAt: null });
    await apply(db.database, account, [part([{ ...edit, direction: 'inbound', chat: ADA }])]);
    expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({
      text: 'corrected',
      editedAt: new Date(T0 + 1000).toISOString(),
    });
    await apply(db.database, account, [
      part([
        {
          kind: 'revoke',
          channel,
          atMs: T0 + 2000,
          providerMessageId: null,
          targetId: 'w1',
          direction: 'inbound',
          chat: ADA,
        },
      ]),
    ]);
    expect(await messageRow(db.database, account.tenantId, 'w1')).toMatchObject({
      text: null,
      revokedAt: new Date(T0 + 2000).toISOString(),
    });
  });
});

describe('what cannot be applied', () => {
  const letters = async (): Promise<{ reason: string; channel: string | null }[]> =>
    db.database.run('test.letters', (sql) => sql`select reason, channel from dead_letters order by created_at`);

  it('keeps events of an unknown account with their raw bytes, once', async () => {
    await fresh();
    const unknown = part([message('999', 'w1'), message('999', 'w2')]);
    await apply(db.database, account, [unknown]);
    await apply(db.database, account, [unknown]);
    expect((await letters()).filter(({ channel }) => channel === '999')).toEqual([
      { reason: 'unknown_account', channel: '999' },
    ]);
  });

  it('isolates the item Postgres refuses and stores its neighbours', async () => {
    const channel = await fresh();
    const poison = message(channel, 'bad', { text: 'a\u0000b' });
    await apply(db.database, account, [
      part([message(channel, 'w1'), poison, message(channel, 'w2')]),
      part([message(channel, 'w3')]),
    ]);
    expect((await threadRows(db.database, account.tenantId))[0]).toMatchObject({ unreadCount: 3 });
    const kept = await db.database.run(
      'test.poison',
      (sql) =>
        sql`select channel, sqlstate from dead_letters where reason = 'poison' and tenant_id = ${account.tenantId}`,
    );
    expect(kept).toEqual([{ channel, sqlstate: expect.any(String) as string }]);
  });
});
