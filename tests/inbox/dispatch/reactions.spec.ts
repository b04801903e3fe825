import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ThreadRef } from '../../../src/inbox/messages/dispatch/types.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { testRedisUrl } from '../../support/environment.ts';
import {
  createSender,
  createSendingTenant,
  createThread,
  loggedStates,
  queueText,
  type TestAccount,
  type TestSender,
} from '../../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../../support/provider-stub.ts';

let db: TestDatabase;
let stub: ProviderStub;
let sender: TestSender;
let account: TestAccount;
let thread: ThreadRef;
let target: string;
const member = uuid7();

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
  target = await queueText(db.database, thread, 'hello');
  await sender.drain(thread);
  return async () => {
    await sender.close();
    await stub.close();
  };
});

async function react(emoji: string): Promise<string> {
  const id = uuid7();
  const { tenantId, threadId, accountId } = thread;
  await db.database.transaction('test.react', async (tx) => {
    await tx`insert into reactions (tenant_id, message_id, by_type, by_id, emoji, at)
      values (${tenantId}, ${target}, 'member', ${member}, ${emoji === '' ? null : emoji}, now())
      on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at`;
    await tx`insert into reaction_sends (tenant_id, id, thread_id, account_id, message_id, member_id, emoji, next_attempt_at)
      values (${tenantId}, ${id}, ${threadId}, ${accountId}, ${target}, ${member}, ${emoji}, now())`;
  });
  return id;
}

async function stateOf(id: string): Promise<string | undefined> {
  const [row] = await db.database.run(
    'test.reaction',
    (sql) => sql<{ state: string }[]>`select send_state as state from reaction_sends where id = ${id}`,
  );
  return row?.state;
}

async function shown(): Promise<unknown> {
  const [row] = await db.database.run(
    'test.shown',
    (sql) => sql<{ row: { reactions: unknown } }[]>`select message_json(m) as row from messages m where id = ${target}`,
  );
  return row?.row.reactions;
}

const reactionsCalled = (): unknown[] =>
  stub.calls.flatMap((call) => (call.body['reaction'] === undefined ? [] : [call.body['reaction']]));

describe('reactions of agents', () => {
  it('are sent in order, each once, on the id that the carrier knows', async () => {
    const ids = [await react('👍'), await react('🎉'), await react('')];
    await sender.drain(thread);
    const messageId = expect.stringContaining('wamid.out') as unknown;
    expect(reactionsCalled()).toEqual(['👍', '🎉', ''].map((emoji) => ({ message_id: messageId, emoji })));
    expect(await Promise.all(ids.map(stateOf))).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('do not wait for a message in back-off, and come again by themselves after a temporary refusal', async () => {
    stub.answer = () => ({ kind: 'refuse', status: 500, code: 131016 });
    await queueText(db.database, thread, 'later');
    await sender.drain(thread);
    stub.answer = (_call, index) => (index === 2 ? { kind: 'refuse', status: 500, code: 131016 } : { kind: 'accept' });
    await db.database.run(
      'test.later',
      (sql) => sql`update messages set next_attempt_at = now() + interval '1 hour' where send_state = 'queued'`,
    );
    const id = await react('👍');
    await sender.drain(thread);
    expect(await stateOf(id)).toBe('queued');
    await db.database.run('test.due', (sql) => sql`update reaction_sends set next_attempt_at = now() where id = ${id}`);
    await sender.drain(thread);
    expect(await stateOf(id)).toBe('accepted');
  });

  it('are taken off again, for everybody to see, when the carrier refuses them for good', async () => {
    const id = await react('👍');
    expect(await shown()).toHaveLength(1);
    stub.answer = () => ({ kind: 'refuse', status: 400, code: 131009 });
    await sender.drain(thread);
    expect(await stateOf(id)).toBe('failed');
    expect(await shown()).toEqual([]);
    expect((await loggedStates(db.database, account.tenantId)).at(-2)).toBe('message.updated:sent');
  });

  it('are never sent a second time when nobody knows whether they arrived', async () => {
    const id = await react('👍');
    stub.answer = () => ({ kind: 'accept-then-500' });
    await sender.drain(thread);
    await sender.drain(thread);
    expect(await stateOf(id)).toBe('unknown');
    expect(reactionsCalled()).toHaveLength(1);
  });
});
