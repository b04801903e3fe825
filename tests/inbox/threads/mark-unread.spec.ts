import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandInput } from '../../../src/contract/commands.ts';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { findStaleThreads } from '../../../src/inbox/verify/queries.ts';
import type { MessageEvent } from '../../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person, T0 } from '../../support/ingest.ts';
import { MINUTE_MS, reportStage, START } from '../../support/reports.ts';
import {
  createTeam,
  eventsAfter,
  headOf,
  newCommandId,
  newThread,
  threadNow,
  writeAgain,
  type Team,
} from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

type Input = CommandInput<'thread:mark-unread'>;

const mark = async (team: Team, input: Input, caller: Caller): Promise<number> =>
  (await team.execute('thread:mark-unread', input, caller)).data.thread.unreadCount;

const read = async (team: Team, threadId: ThreadId, upToMessageId: MessageId, caller: Caller): Promise<number> =>
  (await team.execute('thread:read', { threadId, upToMessageId }, caller)).data.thread.unreadCount;

/** Which messages of a conversation are unread, by the carrier's id, oldest first. */
async function unreadIn(team: Team, threadId: ThreadId): Promise<string[]> {
  const rows = await team.database.run(
    'test.unread',
    (sql) => sql<{ id: string }[]>`
      select provider_message_id as id from messages
      where tenant_id = ${team.tenantId} and thread_id = ${threadId} and unread order by position`,
  );
  // What `hunfly verify` recounts.
  expect(await findStaleThreads(team.database, team.tenantId)).toEqual([]);
  return rows.map(({ id }) => id);
}

/** A conversation of which nothing is unread: what the customer wrote, in order. */
async function readThread(team: Team, caller: Caller, messages: number) {
  const given = await newThread(team, { messages });
  await read(team, given.threadId, given.messageIds.at(-1)!, caller);
  const name = (at: number): string => `wamid.${given.digits}.${String(at)}`;
  return { ...given, name };
}

async function threadOf(team: Team, events: readonly MessageEvent[]): Promise<ThreadId> {
  await apply(team.database, team.account, [part([...events])]);
  const { data } = await team.execute('thread:list', {}, await team.member('manager'));
  return data.items[0]!.id;
}

const NOTHING_THERE = { code: 'invalid_input', details: [{ path: 'threadId' }] };

describe('thread:mark-unread', () => {
  it('marks the customer’s newest message, and tells everybody who sees the conversation', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, name } = await readThread(team, ana, 3);
    const before = await threadNow(team, threadId);
    const head = await headOf(team);
    const { data } = await team.execute('thread:mark-unread', { threadId }, ana);
    expect(data.thread).toEqual({ ...before, unreadCount: 1, version: before.version + 1 });
    expect(await unreadIn(team, threadId)).toEqual([name(2)]);
    const [event, ...others] = await eventsAfter(team, head);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: 'thread.updated', data: { thread: data.thread } });
    expect((await team.execute('inbox:snapshot', {}, ana)).data.counts.unread).toBe(1);
  });

  it('marks what the customer wrote from a message on, whoever wrote that one', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds, digits, name } = await readThread(team, ana, 3);
    // After the last of them, and before the next two, which come in three seconds later.
    team.clock.ms = T0 + 2500;
    const sent = await team.execute('message:send', { threadId, kind: 'text', text: 'Yes.' }, ana);
    await writeAgain(team, digits, name(3));
    await writeAgain(team, digits, name(4), T0 + 40_000);
    await read(team, threadId, (await team.execute('thread:messages', { threadId }, ana)).data.items.at(-1)!.id, ana);
    expect(await mark(team, { threadId, fromMessageId: sent.data.message.id }, ana)).toBe(2);
    expect(await unreadIn(team, threadId)).toEqual([name(3), name(4)]);
    expect(await mark(team, { threadId, fromMessageId: messageIds[1]! }, ana)).toBe(4);
    expect(await unreadIn(team, threadId)).toEqual([name(1), name(2), name(3), name(4)]);
  });

  it('again changes nothing, and nothing of what was unread already', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team, { messages: 3 });
    const head = await headOf(team);
    expect(await mark(team, { threadId }, ana)).toBe(3);
    expect(await mark(team, { threadId, fromMessageId: messageIds[0]! }, ana)).toBe(3);
    expect(await headOf(team)).toBe(head);
  });

  it('sent twice with one id is answered alike and done once, whatever was read between', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await readThread(team, ana, 1);
    const input = { threadId, commandId: newCommandId() };
    const first = await team.execute('thread:mark-unread', input, ana);
    await read(team, threadId, messageIds[0]!, ana);
    expect((await team.execute('thread:mark-unread', input, ana)).data).toEqual(first.data);
    expect(await unreadIn(team, threadId)).toEqual([]);
  });

  it('is not undone by who reads up to an older message late', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds, name } = await readThread(team, ana, 3);
    await mark(team, { threadId, fromMessageId: messageIds[1]! }, ana);
    expect(await read(team, threadId, messageIds[0]!, ana)).toBe(2);
    expect(await read(team, threadId, messageIds[1]!, ana)).toBe(1);
    expect(await unreadIn(team, threadId)).toEqual([name(2)]);
  });

  it('counts a message that the customer took back, as it does when such a one arrives', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await readThread(team, ana, 2);
    await db.database.run(
      'test.revoke',
      (sql) => sql`update messages set revoked_at = now(), text = null where id = ${messageIds[1]!}`,
    );
    expect(await mark(team, { threadId }, ana)).toBe(1);
  });

  it('leaves out notices and imported history, which live copies of that history then make unread once', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const chat = person('15550107777');
    const of = (id: string, over: Partial<MessageEvent>): MessageEvent =>
      message(team.account.channel, id, { chat, ...over });
    const old = of('old', { history: true, atMs: T0 - 90_000 });
    const threadId = await threadOf(team, [old, of('notice', { type: 'system', atMs: T0 + 9000 })]);
    await expect(mark(team, { threadId }, ana)).rejects.toMatchObject(NOTHING_THERE);
    await apply(team.database, team.account, [part([of('new', {})])]);
    const [first, second] = (await team.execute('thread:messages', { threadId }, ana)).data.items;
    await read(team, threadId, second!.id, ana);
    expect(await mark(team, { threadId, fromMessageId: first!.id }, ana)).toBe(1);
    expect(await unreadIn(team, threadId)).toEqual(['new']);
    await apply(team.database, team.account, [part([{ ...old, history: false }])]);
    expect(await unreadIn(team, threadId)).toEqual(['old', 'new']);
  });

  it('refuses by name where the customer wrote nothing', async () => {
    // Evolution lets a team begin a conversation without a template.
    const team = await createTeam(db.database, { provider: 'evolution' });
    const ana = await team.member('agent');
    const { threadId } = await readThread(team, ana, 1);
    const sent = await team.execute('message:send', { threadId, kind: 'text', text: 'Yes.' }, ana);
    const after = mark(team, { threadId, fromMessageId: sent.data.message.id }, ana);
    await expect(after).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'fromMessageId' }] });
    const { messageIds } = await newThread(team);
    const elsewhere = mark(team, { threadId, fromMessageId: messageIds[0]! }, ana);
    await expect(elsewhere).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'fromMessageId' }] });
    const to = { accountId: team.account.accountId, to: '+15550108888' };
    const begun = await team.execute('message:send', { ...to, kind: 'text', text: 'Hello' }, ana);
    const unanswered = mark(team, { threadId: begun.data.message.threadId }, ana);
    await expect(unanswered).rejects.toMatchObject(NOTHING_THERE);
  });

  it('takes a thousand messages at once and not one more', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await readThread(team, ana, 2);
    await db.database.run(
      'test.many',
      (sql) => sql`
        insert into messages (tenant_id, thread_id, account_id, direction, kind, status, author_type, sent_at, received_at, position)
        select ${team.tenantId}, ${threadId}, ${team.account.accountId}, 'inbound', 'text', 'received', 'contact', now(), now(),
          '9' || lpad(n::text, 12, '0') from generate_series(1, 999) n`,
    );
    const tooMany = mark(team, { threadId, fromMessageId: messageIds[0]! }, ana);
    await expect(tooMany).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'fromMessageId' }] });
    expect(await mark(team, { threadId, fromMessageId: messageIds[1]! }, ana)).toBe(1000);
  });

  it('looks through the newest five thousand messages of a conversation and no further', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await readThread(team, ana, 1);
    const answers = (from: number, to: number): Promise<unknown> =>
      db.database.run(
        'test.answers',
        (sql) => sql`
          insert into messages (tenant_id, thread_id, account_id, direction, kind, status, author_type, sent_at, received_at, position)
          select ${team.tenantId}, ${threadId}, ${team.account.accountId}, 'outbound', 'text', 'sent', 'phone', now(), now(),
            '9' || lpad(n::text, 12, '0') from generate_series(${from}::int, ${to}::int) n`,
      );
    const fromMessageId = messageIds[0]!;
    await answers(1, 4999);
    expect(await mark(team, { threadId }, ana)).toBe(1);
    expect(await mark(team, { threadId, fromMessageId }, ana)).toBe(1);
    await answers(5000, 5000);
    await expect(mark(team, { threadId }, ana)).rejects.toMatchObject(NOTHING_THERE);
    const further = mark(team, { threadId, fromMessageId }, ana);
    await expect(further).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'fromMessageId' }] });
  });

  it('tells the customer nothing; reading again tells them of the newest again', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds, name } = await readThread(team, ana, 1);
    team.jobs.length = 0;
    await mark(team, { threadId }, ana);
    expect(team.jobs).toEqual([]);
    await read(team, threadId, messageIds[0]!, ana);
    expect(team.jobs).toMatchObject([{ task: 'read', providerMessageId: name(0) }]);
  });

  it('leaves the count right whatever is marked, read and written at once', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds, digits } = await readThread(team, ana, 8);
    await Promise.all(
      messageIds.flatMap((fromMessageId, at) => [
        mark(team, { threadId, fromMessageId }, ana),
        read(team, threadId, messageIds[(at * 3) % 8]!, ana),
        writeAgain(team, digits, `wamid.${digits}.more.${String(at)}`),
      ]),
    );
    const left = await unreadIn(team, threadId);
    expect((await threadNow(team, threadId)).unreadCount).toBe(left.length);
  });

  it('keeps its marks through a merge, and through its end', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const [one, two] = [await readThread(team, lead, 2), await readThread(team, lead, 2)];
    await mark(team, { threadId: one.threadId }, lead);
    const [from, into] = [await threadNow(team, one.threadId), await threadNow(team, two.threadId)];
    const merge = { contactId: from.contact.id, intoContactId: into.contact.id };
    const { mergeId } = (await team.execute('contact:merge', merge, lead)).data;
    expect(await unreadIn(team, two.threadId)).toEqual([one.name(1)]);
    expect(await mark(team, { threadId: two.threadId, fromMessageId: one.messageIds[1]! }, lead)).toBe(2);
    expect((await unreadIn(team, two.threadId)).sort()).toEqual([one.name(1), two.name(1)].sort());
    await team.execute('contact:unmerge', { mergeId }, lead);
    expect(await unreadIn(team, one.threadId)).toEqual([one.name(1)]);
    expect(await unreadIn(team, two.threadId)).toEqual([two.name(1)]);
  });

  it('does not find what was erased', async () => {
    const team = await createTeam(db.database);
    const admin = await team.member('tenant_admin');
    const { threadId } = await readThread(team, admin, 1);
    const { contact } = await threadNow(team, threadId);
    await team.execute('contact:erase', { contactId: contact.id, confirm: contact.id }, admin);
    await expect(mark(team, { threadId }, admin)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('changes nothing in the reports: who waits, and since when, is what was written', async () => {
    const stage = await reportStage(db.database);
    const threadId = await stage.writes('15551110001', START);
    await stage.answers(stage.ana, threadId, START + 10 * MINUTE_MS);
    await stage.count();
    const before = await stage.total();
    expect(before).toMatchObject({ received: 1, answered: 1, waitMs: { p50: 10 * MINUTE_MS } });
    const [first] = (await stage.team.execute('thread:messages', { threadId }, stage.ana)).data.items;
    await read(stage.team, threadId, first!.id, stage.ana);
    expect(await mark(stage.team, { threadId }, stage.ana)).toBe(1);
    await stage.answers(stage.ana, threadId, START + 30 * MINUTE_MS);
    await stage.count();
    expect(await stage.total()).toEqual({ ...before, sent: before.sent + 1 });
  });
});
