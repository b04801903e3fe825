import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ThreadId } from '../../../src/contract/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTeam, eventsAfter, headOf, newThread } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

describe('a reaction', () => {
  const queued = (threadId: ThreadId): Promise<readonly { emoji: string; messageId: string; sendState: string }[]> =>
    db.database.run(
      'test.reactions',
      (sql) => sql<{ emoji: string; messageId: string; sendState: string }[]>`
        select emoji, message_id as "messageId", send_state as "sendState" from reaction_sends
        where thread_id = ${threadId} order by id`,
    );

  it('shows on the message at once, is queued for the customer, and makes no message', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team);
    const head = await headOf(team);
    const react = async (emoji: string): Promise<unknown> => {
      const reaction = { messageId: messageIds[0], emoji };
      return (await team.execute('message:send', { threadId, kind: 'reaction', reaction }, ana)).data.message.reactions;
    };
    expect(await react('👍🏽')).toEqual([{ emoji: '👍🏽', by: { type: 'member', id: ana.memberId } }]);
    expect(await react('')).toEqual([]);
    expect(await queued(threadId)).toEqual([
      { emoji: '👍🏽', messageId: messageIds[0], sendState: 'queued' },
      { emoji: '', messageId: messageIds[0], sendState: 'queued' },
    ]);
    expect((await eventsAfter(team, head)).map(({ type }) => type)).toEqual(['message.updated', 'message.updated']);
    expect((await team.execute('thread:messages', { threadId }, ana)).data.items).toHaveLength(1);
    expect(team.jobs.map(({ task }) => task)).toEqual(['send', 'send']);
  });

  it('of a colleague replaces the one before, as it does on the customer’s phone', async () => {
    const team = await createTeam(db.database);
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId, messageIds } = await newThread(team);
    const react = (who: typeof ana, emoji: string): ReturnType<typeof team.execute<'message:send'>> =>
      team.execute('message:send', { threadId, kind: 'reaction', reaction: { messageId: messageIds[0], emoji } }, who);
    await react(ana, '👍');
    const { data } = await react(bruno, '❤️');
    expect(data.message.reactions).toEqual([{ emoji: '❤️', by: { type: 'member', id: bruno.memberId } }]);
  });

  it.each(['ok', '1', '<b>', ' '])('is an emoji, not %j', async (emoji) => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team);
    const attempt = team.execute(
      'message:send',
      { threadId, kind: 'reaction', reaction: { messageId: messageIds[0], emoji } },
      ana,
    );
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'reaction.emoji' }] });
  });

  it('needs a message that the customer has', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const { data } = await team.execute('message:send', { threadId, kind: 'text', text: 'queued' }, ana);
    const attempt = team.execute(
      'message:send',
      { threadId, kind: 'reaction', reaction: { messageId: data.message.id, emoji: '👍' } },
      ana,
    );
    await expect(attempt).rejects.toMatchObject({ code: 'unsupported' });
  });
});
