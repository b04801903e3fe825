import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Message } from '../../../src/contract/message.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, DAY_MS, message, part, person, T0 } from '../../support/ingest.ts';
import {
  createTeam,
  eventsAfter,
  giveTo,
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

const TEMPLATE = {
  name: 'welcome',
  language: 'en',
  components: [{ type: 'body', parameters: [{ type: 'text', text: 'Ada' }] }],
};

const setAccount = (team: Team, state: string, disabled = false): Promise<unknown> =>
  db.database.run(
    'test.account',
    (sql) => sql`
      update whatsapp_accounts set state = ${state}, disabled_at = ${disabled ? new Date() : null}
      where id = ${team.account.accountId}`,
  );

describe('message:send', () => {
  it('queues the message, shows it to everybody and nudges the worker', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team);
    const before = await threadNow(team, threadId);
    const head = await headOf(team);
    const commandId = newCommandId();
    const input = { threadId, kind: 'text', text: 'On its way!', replyToMessageId: messageIds[0], commandId };
    const { data } = await team.execute('message:send', input, ana);
    expect(Message.strict().parse(data.message)).toEqual(data.message);
    expect(data.message).toMatchObject({
      ...{ threadId, direction: 'outbound', kind: 'text', text: 'On its way!', status: 'queued', commandId },
      author: { type: 'member', id: ana.memberId },
      replyTo: { messageId: messageIds[0] },
    });
    const after = await threadNow(team, threadId);
    expect(after).toMatchObject({ version: before.version + 1, unreadCount: 1, assigneeId: null, status: 'open' });
    expect(after.lastMessage).toMatchObject({ id: data.message.id, preview: 'On its way!', status: 'queued' });
    expect((await eventsAfter(team, head)).map(({ type }) => type)).toEqual(['message.created', 'thread.updated']);
    expect(team.jobs).toEqual([{ tenantId: team.tenantId, accountId: team.account.accountId, threadId, task: 'send' }]);
  });

  it('keeps the order of what is sent, and sorts after what it answers even if our clock is behind', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team, { messages: 2 });
    team.clock.ms = T0 - 3_600_000;
    const sent: string[] = [];
    for (const text of ['one', 'two', 'three']) {
      sent.push((await team.execute('message:send', { threadId, kind: 'text', text }, ana)).data.message.id);
    }
    const { items } = (await team.execute('thread:messages', { threadId }, ana)).data;
    expect(items.map(({ id }) => id)).toEqual([...messageIds, ...sent]);
  });

  it('wakes a snoozed thread and leaves a resolved one resolved', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const snoozeUntil = new Date(team.clock.ms + 3_600_000).toISOString();
    await team.execute('thread:set-status', { threadId, status: 'snoozed', snoozeUntil }, ana);
    await team.execute('message:send', { threadId, kind: 'text', text: 'hi' }, ana);
    expect(await threadNow(team, threadId)).toMatchObject({ status: 'open', snoozedUntil: null });
    await team.execute('thread:set-status', { threadId, status: 'resolved' }, ana);
    await team.execute('message:send', { threadId, kind: 'text', text: 'bye' }, ana);
    expect(await threadNow(team, threadId)).toMatchObject({ status: 'resolved' });
  });

  it('outside the 24 hours takes templates only', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team);
    const send = (input: object): Promise<unknown> => team.execute('message:send', { threadId, ...input }, ana);
    team.clock.ms = T0 + DAY_MS - 61_000;
    await send({ kind: 'text', text: 'just in time' });
    team.clock.ms = T0 + DAY_MS - 60_000;
    await expect(send({ kind: 'text', text: 'late' })).rejects.toMatchObject({ code: 'window_closed' });
    const reaction = { messageId: messageIds[0], emoji: '👍' };
    await expect(send({ kind: 'reaction', reaction })).rejects.toMatchObject({ code: 'window_closed' });
    const { data } = await team.execute('message:send', { threadId, kind: 'template', template: TEMPLATE }, ana);
    expect(data.message).toMatchObject({ kind: 'template', template: TEMPLATE, text: null });
  });

  it('has no window where the provider has none', async () => {
    const team = await createTeam(db.database, { provider: 'evolution' });
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    team.clock.ms = T0 + 30 * DAY_MS;
    expect((await team.execute('message:send', { threadId, kind: 'text', text: 'hi' }, ana)).data.message.status).toBe(
      'queued',
    );
  });

  it('is refused while the number needs a person, and queued while it is only disconnected', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const send = (): Promise<unknown> => team.execute('message:send', { threadId, kind: 'text', text: 'hi' }, ana);
    await setAccount(team, 'reauth');
    await expect(send()).rejects.toMatchObject({ code: 'channel_down' });
    await setAccount(team, 'connected', true);
    await expect(send()).rejects.toMatchObject({ code: 'channel_down' });
    await setAccount(team, 'disconnected');
    await send();
  });

  it('stops an answer to what is no longer the newest, and shows the newest', async () => {
    const team = await createTeam(db.database);
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId, messageIds, digits } = await newThread(team);
    const seenMessageId = messageIds[0];
    const send = (): Promise<unknown> =>
      team.execute('message:send', { threadId, kind: 'text', text: 'hi', seenMessageId }, ana);
    await send();
    // Her own message does not make her view stale.
    await send();
    await writeAgain(team, digits, `again.${digits}`, T0 + 70_000);
    await expect(send()).rejects.toMatchObject({
      code: 'stale_view',
      details: { message: { providerMessageId: `again.${digits}` } },
    });
    const newest = await team.execute('thread:messages', { threadId, limit: 1 }, ana);
    const seen = newest.data.items[0]!.id;
    const byBruno = await team.execute(
      'message:send',
      { threadId, kind: 'text', text: 'me', seenMessageId: seen },
      bruno,
    );
    const late = team.execute('message:send', { threadId, kind: 'text', text: 'me too', seenMessageId: seen }, ana);
    await expect(late).rejects.toMatchObject({ code: 'stale_view', details: { message: byBruno.data.message } });
  });

  it('lets one of two colleagues answer the same message at the same moment', async () => {
    const team = await createTeam(db.database);
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId, messageIds } = await newThread(team);
    const input = { threadId, kind: 'text', text: 'I take it', seenMessageId: messageIds[0] };
    const results = await Promise.allSettled([ana, bruno].map((who) => team.execute('message:send', input, who)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('quotes and refers to messages of its own thread only', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const [here, there] = [await newThread(team), await newThread(team)];
    for (const field of ['replyToMessageId', 'seenMessageId']) {
      const input = { threadId: here.threadId, kind: 'text', text: 'x', [field]: there.messageIds[0] };
      const attempt = team.execute('message:send', input, ana);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: field }] });
    }
  });
});

describe('message:send to an address', () => {
  const toNew = (team: Team, over: object = {}): object => ({
    ...{ accountId: team.account.accountId, to: '+1 (555) 777-0001', kind: 'template', template: TEMPLATE },
    ...over,
  });

  it('opens one thread for one person, however their number is written and however many write at once', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const spellings = ['+1 (555) 777-0001', '15557770001', 'whatsapp:+15557770001', '15557770001@s.whatsapp.net'];
    const sent = await Promise.all(spellings.map((to) => team.execute('message:send', toNew(team, { to }), ana)));
    expect(new Set(sent.map(({ data }) => data.message.threadId)).size).toBe(1);
    const thread = await threadNow(team, sent[0]!.data.message.threadId);
    expect(thread).toMatchObject({
      assigneeId: null,
      contact: { phone: '+15557770001', addresses: [{ type: 'wa_id', value: '15557770001' }] },
    });
  });

  it('logs the new thread before its message', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const head = await headOf(team);
    await team.execute('message:send', toNew(team), ana);
    const events = await eventsAfter(team, head);
    expect(events.map(({ type, created }) => [type, created])).toEqual([
      ['thread.created', true],
      ['message.created', false],
    ]);
  });

  it('answers of the customer land in the same thread', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { data } = await team.execute('message:send', toNew(team), ana);
    const chat = person('15557770001', 'Ned Newcomer');
    await apply(team.database, team.account, [
      part([message(team.account.channel, `in.${data.message.id}`, { chat })]),
    ]);
    const thread = await threadNow(team, data.message.threadId);
    expect(thread).toMatchObject({ unreadCount: 1, contact: { displayName: 'Ned Newcomer' } });
  });

  it('needs a template where the provider has a window', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const attempt = team.execute('message:send', toNew(team, { kind: 'text', text: 'hi', template: undefined }), ana);
    await expect(attempt).rejects.toMatchObject({ code: 'window_closed' });
    const rows = await db.database.run(
      'test.left',
      (sql) => sql`select 1 from contacts where tenant_id = ${team.tenantId}`,
    );
    expect(rows).toHaveLength(0);
  });

  it('belongs to its agent where agents see only their own', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const ana = await team.member('agent');
    const head = await headOf(team);
    const { data } = await team.execute('message:send', toNew(team), ana);
    expect((await threadNow(team, data.message.threadId)).assigneeId).toBe(ana.memberId);
    expect((await eventsAfter(team, head)).map(({ type }) => type)).toContain('member.updated');
  });

  it('says not_found for the customer of a colleague, and for a number of another tenant', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { data } = await team.execute('message:send', toNew(team), bruno);
    await expect(team.execute('message:send', toNew(team), ana)).rejects.toMatchObject({ code: 'not_found' });
    await giveTo(team, data.message.threadId, ana.memberId);
    await team.execute('message:send', toNew(team), ana);
    const elsewhere = await createTeam(db.database);
    const attempt = team.execute('message:send', toNew(team, { accountId: elsewhere.account.accountId }), ana);
    await expect(attempt).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['nobody', '+0', '12345', '@s.whatsapp.net', 'a@b@c', '1555@nowhere', '+1555777000100000'])(
    'refuses %j as a recipient',
    async (to) => {
      const team = await createTeam(db.database);
      const ana = await team.member('agent');
      const attempt = team.execute('message:send', toNew(team, { to }), ana);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'to' }] });
    },
  );
});
