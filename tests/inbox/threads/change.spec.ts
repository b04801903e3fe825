import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Thread } from '../../../src/contract/entities.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTeam, eventsAfter, giveTo, headOf, newThread, threadNow, writeAgain } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

describe('thread:assign', () => {
  it('of two with the same expectedVersion lets one win, and the other learns who', async () => {
    const team = await createTeam(db.database, { visibility: 'all' });
    const lead = await team.member('manager');
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    const { version: expectedVersion } = await threadNow(team, threadId);
    const results = await Promise.allSettled(
      [ana, bruno].map(({ memberId }) =>
        team.execute('thread:assign', { threadId, assigneeId: memberId, expectedVersion }, lead),
      ),
    );
    const [won] = results.filter((one) => one.status === 'fulfilled');
    const [lost] = results.filter((one) => one.status === 'rejected');
    expect(won?.value.data.thread.version).toBe(expectedVersion + 1);
    expect(lost?.reason).toMatchObject({ code: 'conflict', details: { thread: won?.value.data.thread } });
  });

  it('to oneself by two agents who see the unassigned: the later hears of a conflict, not that it is gone', async () => {
    const team = await createTeam(db.database);
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    const { version: expectedVersion } = await threadNow(team, threadId);
    await team.execute('thread:assign', { threadId, assigneeId: ana.memberId, expectedVersion }, ana);
    const late = team.execute('thread:assign', { threadId, assigneeId: bruno.memberId, expectedVersion }, bruno);
    await expect(late).rejects.toMatchObject({ code: 'conflict', details: undefined });
  });

  it('takes the version before the first for a stale one, as any other', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const { threadId } = await newThread(team);
    const stale = team.execute('thread:assign', { threadId, assigneeId: lead.memberId, expectedVersion: 0 }, lead);
    await expect(stale).rejects.toMatchObject({ code: 'conflict', details: { thread: { id: threadId, version: 1 } } });
  });

  it('says not_found to who never saw the thread, whatever version they guess', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const lead = await team.member('manager');
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    await team.execute('thread:assign', { threadId, assigneeId: ana.memberId }, lead);
    for (const expectedVersion of [1, 2, 3]) {
      const guess = team.execute('thread:assign', { threadId, assigneeId: bruno.memberId, expectedVersion }, bruno);
      await expect(guess).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it('logs the thread with its assignee before, and the load of both members', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    await team.execute('thread:assign', { threadId, assigneeId: ana.memberId }, lead);
    const head = await headOf(team);
    await team.execute('thread:assign', { threadId, assigneeId: bruno.memberId }, lead);
    const events = await eventsAfter(team, head);
    expect(events.map(({ type }) => type)).toEqual(['thread.updated', 'member.updated', 'member.updated']);
    expect(events[0]).toMatchObject({ assigneeBefore: ana.memberId, assigneeAfter: bruno.memberId });
    expect(events.slice(1).map(({ data }) => (data['member'] as { activeThreads: number }).activeThreads)).toEqual([
      0, 1,
    ]);
  });

  it('to who has it already changes nothing', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const first = await team.execute('thread:assign', { threadId, assigneeId: ana.memberId }, ana);
    const head = await headOf(team);
    const again = await team.execute('thread:assign', { threadId, assigneeId: ana.memberId }, ana);
    expect(again.data).toEqual(first.data);
    expect(await headOf(team)).toBe(head);
  });

  it('gives a releasing agent the thread once more, though they may not see it any longer', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    await giveTo(team, threadId, ana.memberId);
    const { data } = await team.execute('thread:assign', { threadId, assigneeId: null }, ana);
    expect(data.thread.assigneeId).toBeNull();
    await expect(team.execute('thread:messages', { threadId }, ana)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('takes only members who work on threads', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const [gone, root] = [await team.member('agent'), await team.member('super_admin')];
    const stranger = await (await createTeam(db.database)).member('agent');
    await db.database.run(
      'test.remove',
      (sql) => sql`update tenant_members set removed_at = now() where id = ${gone.memberId}`,
    );
    const { threadId } = await newThread(team);
    for (const { memberId } of [gone, root, stranger]) {
      const attempt = team.execute('thread:assign', { threadId, assigneeId: memberId }, lead);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'assigneeId' }] });
    }
  });

  it('lets an agent neither give threads away nor take a colleague’s', async () => {
    const team = await createTeam(db.database, { visibility: 'all' });
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    const give = team.execute('thread:assign', { threadId, assigneeId: bruno.memberId }, ana);
    await expect(give).rejects.toMatchObject({ code: 'forbidden' });
    await giveTo(team, threadId, bruno.memberId);
    const take = team.execute('thread:assign', { threadId, assigneeId: ana.memberId }, ana);
    await expect(take).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('thread:set-status', () => {
  it('snoozes until an instant in the future only, and forgets it with any other status', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const at = (ms: number): string => new Date(team.clock.ms + ms).toISOString();
    for (const snoozeUntil of [undefined, at(0), at(-1)]) {
      const attempt = team.execute('thread:set-status', { threadId, status: 'snoozed', snoozeUntil }, ana);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'snoozeUntil' }] });
    }
    const { data } = await team.execute(
      'thread:set-status',
      { threadId, status: 'snoozed', snoozeUntil: at(3_600_000) },
      ana,
    );
    expect(data.thread).toMatchObject({ status: 'snoozed', snoozedUntil: at(3_600_000) });
    const opened = await team.execute('thread:set-status', { threadId, status: 'open' }, ana);
    expect(opened.data.thread).toMatchObject({ status: 'open', snoozedUntil: null });
  });

  it('tells the assignee’s load only when the thread is resolved or opened again', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    await giveTo(team, threadId, ana.memberId);
    const kinds = async (status: string): Promise<string[]> => {
      const head = await headOf(team);
      await team.execute('thread:set-status', { threadId, status }, ana);
      return (await eventsAfter(team, head)).map(({ type }) => type);
    };
    expect(await kinds('pending')).toEqual(['thread.updated']);
    expect(await kinds('resolved')).toEqual(['thread.updated', 'member.updated']);
    expect(await kinds('resolved')).toEqual([]);
    expect(await kinds('open')).toEqual(['thread.updated', 'member.updated']);
  });
});

describe('thread:set-tags', () => {
  it('keeps tags sorted and single, adds new names to the catalog, and says nothing when nothing changes', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const set = async (input: object): Promise<string[]> =>
      (await team.execute('thread:set-tags', { threadId, ...input }, ana)).data.thread.tags;
    expect(await set({ add: ['vip', 'billing', 'vip'] })).toEqual(['billing', 'vip']);
    const head = await headOf(team);
    expect(await set({ add: ['vip'], remove: ['never'] })).toEqual(['billing', 'vip']);
    expect(await headOf(team)).toBe(head);
    expect(await set({ remove: ['vip'], add: ['new'] })).toEqual(['billing', 'new']);
    expect((await team.execute('inbox:snapshot', {}, ana)).data.tags).toEqual(['billing', 'new', 'vip']);
  });

  it('of many members at once loses none', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const names = Array.from({ length: 12 }, (_, i) => `tag-${String(i).padStart(2, '0')}`);
    await Promise.all(names.map((name) => team.execute('thread:set-tags', { threadId, add: [name] }, ana)));
    expect((await threadNow(team, threadId)).tags).toEqual(names);
  });

  it('stops at 50 tags', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const names = (from: number): string[] => Array.from({ length: 20 }, (_, i) => `t${String(from + i)}`);
    await team.execute('thread:set-tags', { threadId, add: names(0) }, ana);
    await team.execute('thread:set-tags', { threadId, add: names(20) }, ana);
    const third = team.execute('thread:set-tags', { threadId, add: names(40) }, ana);
    await expect(third).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

describe('thread:read', () => {
  it('clears what is at or before the message, and keeps what came after', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team, { messages: 3 });
    const { data } = await team.execute('thread:read', { threadId, upToMessageId: messageIds[1] }, ana);
    expect(data.thread.unreadCount).toBe(1);
    const all = await team.execute('thread:read', { threadId, upToMessageId: messageIds[2] }, ana);
    expect(all.data.thread.unreadCount).toBe(0);
    const head = await headOf(team);
    await team.execute('thread:read', { threadId, upToMessageId: messageIds[0] }, ana);
    expect(await headOf(team)).toBe(head);
  });

  it('leaves unread what arrives late with an old time', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds, digits } = await newThread(team, { messages: 2 });
    await team.execute('thread:read', { threadId, upToMessageId: messageIds[1] }, ana);
    await writeAgain(team, digits, `late.${digits}`, Date.UTC(2026, 0, 5, 11));
    expect((await threadNow(team, threadId)).unreadCount).toBe(1);
  });

  it('tells the customer with the newest message read, as the account’s policy and the agent want it', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds, digits } = await newThread(team, { messages: 2 });
    const policy = (value: string): Promise<unknown> =>
      db.database.run(
        'test.policy',
        (sql) => sql`update whatsapp_accounts set read_receipts = ${value} where id = ${team.account.accountId}`,
      );
    const told = async (input: object): Promise<unknown[]> => {
      team.jobs.length = 0;
      await team.execute('thread:read', { threadId, ...input }, ana);
      return team.jobs.map(({ task, providerMessageId }) => [task, providerMessageId]);
    };
    expect(await told({ upToMessageId: messageIds[0] })).toEqual([['read', `wamid.${digits}.0`]]);
    expect(await told({ upToMessageId: messageIds[1], receipt: false })).toEqual([]);
    expect(await told({ upToMessageId: messageIds[1] })).toEqual([]);
    expect(await told({ upToMessageId: messageIds[1], receipt: true })).toEqual([['read', `wamid.${digits}.1`]]);
    await policy('on_reply');
    expect(await told({ upToMessageId: messageIds[1], receipt: true })).toEqual([['read', `wamid.${digits}.1`]]);
    await policy('never');
    expect(await told({ upToMessageId: messageIds[1], receipt: true })).toEqual([]);
  });

  it('knows messages of this thread only', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const [here, there] = [await newThread(team), await newThread(team)];
    const attempt = team.execute('thread:read', { threadId: here.threadId, upToMessageId: there.messageIds[0] }, ana);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'upToMessageId' }] });
  });
});

describe('signals', () => {
  it('open, close and typing leave effects and store nothing; the customer is shown typing only', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, digits } = await newThread(team);
    const head = await headOf(team);
    const effects = async (name: 'thread:open' | 'thread:close' | 'typing:set', extra: object = {}): Promise<unknown> =>
      (await team.execute(name, { threadId, ...extra }, ana)).effects;
    expect(await effects('thread:open')).toEqual([{ type: 'viewing', threadId, assigneeId: null, on: true }]);
    expect(await effects('thread:close')).toEqual([{ type: 'viewing', threadId, assigneeId: null, on: false }]);
    expect(await effects('typing:set', { typing: true })).toEqual([
      { type: 'typing', threadId, assigneeId: null, on: true },
    ]);
    expect(await effects('typing:set', { typing: false })).toEqual([
      { type: 'typing', threadId, assigneeId: null, on: false },
    ]);
    expect((await team.execute('presence:set', { state: 'busy' }, ana)).effects).toEqual([
      { type: 'presence', state: 'busy' },
    ]);
    expect(team.jobs).toEqual([expect.objectContaining({ task: 'typing', providerMessageId: `wamid.${digits}.0` })]);
    expect(await headOf(team)).toBe(head);
  });
});

describe('every thread a command answers', () => {
  it('has the shape of the contract', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const { threadId } = await newThread(team);
    const { data } = await team.execute('thread:assign', { threadId, assigneeId: lead.memberId }, lead);
    expect(Thread.strict().parse(data.thread)).toEqual(data.thread);
  });
});
