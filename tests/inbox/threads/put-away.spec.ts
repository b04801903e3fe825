/** A conversation is not put away by somebody who does not know what the customer wrote last. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import type { MessageEvent } from '../../../src/providers/inbound.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person, T0 } from '../../support/ingest.ts';
import { createTeam, headOf, newCommandId, newThread, threadNow, writeAgain, type Team } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const STALE = { code: 'stale_view' };

/** A team, one of its agents, and a conversation that the customer has just begun. */
async function aStage() {
  const team = await createTeam(db.database, { visibility: 'all' });
  const ana = await team.member('agent');
  const { threadId, messageIds, digits } = await newThread(team);
  return { team, ana, threadId, digits, first: messageIds[0]! };
}

const resolve = (team: Team, who: Caller, threadId: ThreadId, seenMessageId?: MessageId) =>
  team.execute('thread:set-status', { threadId, status: 'resolved', seenMessageId }, who);

const say = async (team: Team, who: Caller, threadId: ThreadId): Promise<MessageId> =>
  (await team.execute('message:send', { threadId, kind: 'text', text: 'Yes.' }, who)).data.message.id;

const writes = (team: Team, digits: string, id: string, over: Partial<MessageEvent>): Promise<unknown> =>
  apply(team.database, team.account, [part([message(team.account.channel, id, { chat: person(digits), ...over })])]);

describe('thread:set-status with seenMessageId', () => {
  it('is refused once the customer has written since, says what, changes nothing, and is done without it', async () => {
    const { team, ana, threadId, digits, first } = await aStage();
    await writeAgain(team, digits, 'one more thing');
    const head = await headOf(team);
    for (const input of [
      { threadId, status: 'resolved', seenMessageId: first },
      { threadId, status: 'snoozed', snoozeUntil: '2099-01-01T00:00:00.000Z', seenMessageId: first },
    ])
      await expect(team.execute('thread:set-status', input, ana)).rejects.toMatchObject({
        ...STALE,
        details: { message: { providerMessageId: 'one more thing' } },
      });
    expect(await headOf(team)).toBe(head);
    expect((await resolve(team, ana, threadId)).data.thread.status).toBe('resolved');
  });

  it('is done by who knows the newest, whatever is unread, and again with the same id whoever has written since', async () => {
    const { team, ana, threadId, digits } = await aStage();
    await writeAgain(team, digits, 'second');
    const { lastMessage } = await threadNow(team, threadId);
    const input = { threadId, status: 'resolved', seenMessageId: lastMessage!.id, commandId: newCommandId() };
    const done = await team.execute('thread:set-status', input, ana);
    expect(done.data.thread).toMatchObject({ status: 'resolved', unreadCount: 2 });
    await writeAgain(team, digits, 'third', T0 + 50_000);
    expect((await team.execute('thread:set-status', input, ana)).data).toEqual(done.data);
    expect((await threadNow(team, threadId)).status).toBe('open');
  });

  it('lets pass what the team did since, notices and imported history', async () => {
    const { team, ana, threadId, digits, first } = await aStage();
    const bruno = await team.member('agent');
    for (const who of [ana, bruno]) await say(team, who, threadId);
    await team.execute('note:add', { threadId, text: 'Paid.' }, bruno);
    const later = { atMs: T0 + 90_000 };
    await writes(team, digits, 'from the phone', { ...later, direction: 'outbound', origin: 'phone' });
    await writes(team, digits, 'notice', { ...later, type: 'system' });
    await writes(team, digits, 'imported', { ...later, history: true });
    expect((await resolve(team, ana, threadId, first)).data.thread.status).toBe('resolved');
  });

  it.each<[string, Partial<MessageEvent>]>([
    ['an answer from the phone', { direction: 'outbound', origin: 'phone' }],
    ['a notice', { type: 'system' }],
    ['imported history', { history: true }],
    ['something unsupported', { type: 'unsupported', text: null }],
  ])('is done by who names the last message, also if it is %s and all is unread', async (_what, over) => {
    const { team, ana, threadId, digits } = await aStage();
    await writes(team, digits, 'last', { atMs: T0 + 90_000, ...over });
    const { lastMessage, unreadCount } = await threadNow(team, threadId);
    expect(unreadCount).toBeGreaterThan(0);
    expect((await resolve(team, ana, threadId, lastMessage!.id)).data.thread.status).toBe('resolved');
  });

  it('does not miss what came late with an older time, until somebody has read it', async () => {
    const { team, ana, threadId, digits } = await aStage();
    const answer = await say(team, ana, threadId);
    await writeAgain(team, digits, 'late', T0 + 10_000);
    const { lastMessage } = await threadNow(team, threadId);
    expect(lastMessage!.id).toBe(answer);
    await expect(resolve(team, ana, threadId, answer)).rejects.toMatchObject({
      ...STALE,
      details: { message: { providerMessageId: 'late' } },
    });
    await team.execute('thread:read', { threadId, upToMessageId: answer }, ana);
    expect((await resolve(team, ana, threadId, answer)).data.thread.status).toBe('resolved');
  });

  it('of somebody in a group counts as well', async () => {
    const team = await createTeam(db.database, { provider: 'evolution' });
    const ana = await team.member('agent');
    const chat = { addresses: [{ type: 'jid' as const, value: '120363000000000001@g.us' }], name: 'Choir' };
    const from = (id: string, digits: string, atMs: number): MessageEvent =>
      message(team.account.channel, id, { chat, sender: person(digits), atMs });
    await apply(team.database, team.account, [part([from('eva', '15550107101', T0)])]);
    const [thread] = (await team.execute('thread:list', {}, ana)).data.items;
    const { id: threadId, lastMessage } = thread!;
    await apply(team.database, team.account, [part([from('finn', '15550107102', T0 + 1000)])]);
    await expect(resolve(team, ana, threadId, lastMessage!.id)).rejects.toMatchObject({
      ...STALE,
      details: { message: { providerMessageId: 'finn' } },
    });
  });

  it('sees what a merge has brought, and names a message that its end has taken out', async () => {
    const { team, threadId, first } = await aStage();
    const lead = await team.member('manager');
    const other = await newThread(team, { atMs: T0 + 5000 });
    const [from, into] = [await threadNow(team, other.threadId), await threadNow(team, threadId)];
    const merge = { contactId: from.contact.id, intoContactId: into.contact.id };
    const { mergeId } = (await team.execute('contact:merge', merge, lead)).data;
    await expect(resolve(team, lead, threadId, first)).rejects.toMatchObject(STALE);
    await team.execute('contact:unmerge', { mergeId }, lead);
    await expect(resolve(team, lead, threadId, other.messageIds[0])).rejects.toMatchObject({
      code: 'invalid_input',
      details: [{ path: 'seenMessageId' }],
    });
    expect((await resolve(team, lead, threadId, first)).data.thread.status).toBe('resolved');
  });

  it('never puts away what is written at that moment: it is refused, or the message opens it again', async () => {
    const { team, ana, threadId, digits } = await aStage();
    for (let round = 0; round < 12; round += 1) {
      const { lastMessage } = await threadNow(team, threadId);
      await Promise.allSettled([
        writeAgain(team, digits, `round ${String(round)}`, T0 + 100_000 + round * 1000),
        resolve(team, ana, threadId, lastMessage!.id),
      ]);
      expect((await threadNow(team, threadId)).status).toBe('open');
    }
  });
});
