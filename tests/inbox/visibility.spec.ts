import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandName } from '../../src/contract/commands.ts';
import type { AgentVisibility, Role } from '../../src/contract/entities.ts';
import { InboxError } from '../../src/contract/errors.ts';
import type { MemberId, MessageId, ThreadId } from '../../src/contract/ids.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTeam, giveTo, newThread } from '../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const codeOf = (error: unknown): string => (error instanceof InboxError ? error.code : 'defect');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'defect');

interface Given {
  readonly threadId: ThreadId;
  readonly messageId: MessageId;
  readonly me: MemberId;
}

/** Every command that is about one thread. */
const ON_THREADS: Partial<Record<CommandName, (given: Given) => object>> = {
  'thread:messages': ({ threadId }) => ({ threadId }),
  'thread:search': ({ threadId }) => ({ threadId, q: 'hello' }),
  'thread:open': ({ threadId }) => ({ threadId }),
  'thread:close': ({ threadId }) => ({ threadId }),
  'thread:read': ({ threadId, messageId }) => ({ threadId, upToMessageId: messageId }),
  'thread:mark-unread': ({ threadId }) => ({ threadId }),
  'thread:set-status': ({ threadId }) => ({ threadId, status: 'pending' }),
  'thread:set-tags': ({ threadId }) => ({ threadId, add: ['vip'] }),
  'message:send': ({ threadId }) => ({ threadId, kind: 'text', text: 'hello' }),
  'note:add': ({ threadId }) => ({ threadId, text: 'note' }),
  'typing:set': ({ threadId }) => ({ threadId, typing: true }),
  'thread:assign': ({ threadId, me }) => ({ threadId, assigneeId: me }),
};

type Owner = 'me' | 'nobody' | 'another';

/** Protocol section 7, as a table of who sees whose thread. */
const SEES: { role: Role; visibility: AgentVisibility; owners: readonly Owner[] }[] = [
  { role: 'super_admin', visibility: 'all', owners: [] },
  { role: 'tenant_admin', visibility: 'own', owners: ['me', 'nobody', 'another'] },
  { role: 'manager', visibility: 'own', owners: ['me', 'nobody', 'another'] },
  { role: 'agent', visibility: 'own', owners: ['me'] },
  { role: 'agent', visibility: 'own_and_unassigned', owners: ['me', 'nobody'] },
  { role: 'agent', visibility: 'all', owners: ['me', 'nobody', 'another'] },
];

describe.each(SEES)('$role where agents see $visibility', ({ role, visibility, owners }) => {
  it.each(['me', 'nobody', 'another'] as const)('commands on a thread of %s', async (owner) => {
    const team = await createTeam(db.database, { visibility });
    const caller = await team.member(role);
    const another = await team.member('agent');
    const { threadId, messageIds } = await newThread(team);
    const given: Given = { threadId, messageId: messageIds[0]!, me: caller.memberId };
    const assignee = { me: caller.memberId, nobody: null, another: another.memberId }[owner];
    const answers: Record<string, string> = {};
    for (const [name, input] of Object.entries(ON_THREADS)) {
      await giveTo(team, threadId, assignee);
      answers[name] = await team.execute(name as CommandName, input(given), caller).then(() => 'ok', codeOf);
    }
    const visible = owners.includes(owner);
    const takesFromColleague = visible && role === 'agent' && owner === 'another';
    const expected = Object.fromEntries(Object.keys(ON_THREADS).map((name) => [name, visible ? 'ok' : 'not_found']));
    if (takesFromColleague) expected['thread:assign'] = 'forbidden';
    expect(answers).toEqual(expected);
  });

  it('lists, counts and finds exactly what it sees', async () => {
    const team = await createTeam(db.database, { visibility });
    const caller = await team.member(role);
    const another = await team.member('agent');
    const threads: Record<Owner, ThreadId> = {
      me: (await newThread(team, { name: 'Quentin Example', text: 'a parcel' })).threadId,
      nobody: (await newThread(team, { name: 'Quentin Example', text: 'a parcel' })).threadId,
      another: (await newThread(team, { name: 'Quentin Example', text: 'a parcel' })).threadId,
    };
    await giveTo(team, threads.me, caller.memberId);
    await giveTo(team, threads.another, another.memberId);
    const expected = owners.map((owner) => threads[owner]).sort();
    for (const filter of [{}, { q: 'quentin' }, { q: 'parcel' }]) {
      const { items } = (await team.execute('thread:list', filter, caller)).data;
      expect(items.map(({ id }) => id).sort()).toEqual(expected);
    }
    const asked = { threadIds: Object.values(threads), q: 'parcel' };
    const hits = (await team.execute('thread:find-texts', asked, caller)).data.items;
    expect(hits.map(({ threadId }) => threadId).sort()).toEqual(expected);
    const snapshot = (await team.execute('inbox:snapshot', {}, caller)).data;
    expect(snapshot.threads.map(({ id }) => id).sort()).toEqual(expected);
    expect(snapshot.counts).toEqual({
      mine: owners.includes('me') ? 1 : 0,
      unassigned: owners.includes('nobody') ? 1 : 0,
      all: owners.length,
      unread: owners.length,
    });
  });

  it('is given the names of the tags where it sees any conversation at all', async () => {
    const team = await createTeam(db.database, { visibility });
    const caller = await team.member(role);
    const { threadId } = await newThread(team);
    await team.execute('thread:set-tags', { threadId, add: ['vip'] }, await team.member('manager'));
    const { tags } = (await team.execute('inbox:snapshot', {}, caller)).data;
    expect(tags).toEqual(owners.length > 0 ? ['vip'] : []);
  });
});

describe('a thread that is not there', () => {
  it('is answered in the same words as one that may not be seen', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const [agent, another] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    await giveTo(team, threadId, another.memberId);
    const say = (id: string): Promise<string> =>
      team.execute('thread:messages', { threadId: id }, agent).then(() => 'ok', messageOf);
    expect(await say(threadId)).toBe(await say(uuid7()));
  });

  it('a message to retry in an invisible thread is answered as one that is not there', async () => {
    const team = await createTeam(db.database, { visibility: 'own' });
    const [agent, another] = [await team.member('agent'), await team.member('agent')];
    const { threadId, messageIds } = await newThread(team);
    await giveTo(team, threadId, another.memberId);
    const say = (messageId: string): Promise<unknown> =>
      team.execute('message:retry', { messageId }, agent).catch(messageOf);
    expect(await say(messageIds[0]!)).toBe(await say(uuid7()));
  });
});
