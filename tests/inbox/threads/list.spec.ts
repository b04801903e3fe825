import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS, type ThreadOrder } from '../../../src/contract/commands.ts';
import type { Thread } from '../../../src/contract/entities.ts';
import type { ThreadId } from '../../../src/contract/ids.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { T0 } from '../../support/ingest.ts';
import { createTeam, giveTo, headOf, newThread, type Team } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

/** All pages of a list, two by two. */
async function walk(team: Team, lead: Caller, order?: ThreadOrder): Promise<Thread[]> {
  const seen: Thread[] = [];
  let after: string | undefined;
  for (;;) {
    const { data } = await team.execute('thread:list', { limit: 2, order, after }, lead);
    seen.push(...data.items);
    if (data.nextCursor === null || seen.length > 20) return seen;
    after = data.nextCursor;
  }
}

const threads = async (team: Team, count: number): Promise<ThreadId[]> => {
  const made: ThreadId[] = [];
  // Two by two with the same activity: the id breaks the tie.
  for (let i = 0; i < count; i += 1)
    made.push((await newThread(team, { atMs: T0 - Math.floor(i / 2) * 60_000 })).threadId);
  return made;
};

describe('thread:list', () => {
  it('walks through all threads, newest activity first, each exactly once', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const made = await threads(team, 7);
    const seen = await walk(team, lead);
    const activity = seen.map(({ lastActivityAt }) => lastActivityAt);
    expect(idsOf(seen).sort()).toEqual([...made].sort());
    expect(activity).toEqual([...activity].sort().reverse());
  });

  it('walks from the oldest activity on by the same steps, the other way', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    await threads(team, 7);
    expect(idsOf(await walk(team, lead, 'oldest'))).toEqual(idsOf(await walk(team, lead, 'newest')).reverse());
  });

  it.each(['newest', 'oldest'] as const)('keeps apart what a millisecond holds, from the %s on', async (order) => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const made = await threads(team, 7);
    await db.database.run(
      'test.microseconds',
      (sql) => sql`
        update threads t set last_activity_at = '2026-01-05T12:00:00Z'::timestamptz + n.ord * interval '100 microseconds'
        from unnest(${made}::uuid[]) with ordinality as n (id, ord) where t.id = n.id`,
    );
    expect(idsOf(await walk(team, lead, order))).toEqual(order === 'oldest' ? made : made.toReversed());
  });

  it.each(['newest', 'oldest'] as const)(
    'leaves out nothing where a slot of ten seconds ends, %s first',
    async (order) => {
      const team = await createTeam(db.database);
      const lead = await team.member('manager');
      // Three of each, so that pages of two end among equals. Slots are counted from the year 2000.
      const instants = ['1999-12-31 23:59:50', '1999-12-31 23:59:59.999999', '2026-01-05 12:00:09.999999'].concat([
        '2026-01-05 12:00:10',
        '2026-01-05 12:00:19.999999',
        '2026-01-05 12:00:20',
      ]);
      const made = await threads(team, 3 * instants.length);
      const rows = await db.database.run(
        'test.borders',
        (sql) => sql<{ id: string }[]>`
        with moved as (
          update threads t set last_activity_at = (${instants}::text[])[(n.ord + 2) / 3]::timestamptz
          from unnest(${made}::uuid[]) with ordinality as n (id, ord) where t.id = n.id
          returning t.id, t.last_activity_at
        )
        select id from moved order by last_activity_at, id`,
      );
      const oldestFirst = idsOf(rows);
      expect(idsOf(await walk(team, lead, order))).toEqual(order === 'oldest' ? oldestFirst : oldestFirst.toReversed());
    },
  );

  it('refuses a cursor of one order in the other', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    await threads(team, 3);
    for (const [order, other] of [
      ['newest', 'oldest'],
      ['oldest', 'newest'],
      ['oldest', undefined],
    ] as const) {
      const { data } = await team.execute('thread:list', { limit: 1, order }, lead);
      const attempt = team.execute('thread:list', { limit: 1, order: other, after: data.nextCursor ?? '' }, lead);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'after' }] });
    }
  });

  it('refuses a cursor that no list gave out', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const made = ['x', '', Buffer.from('["2026-99-99T00:00:00.000000Z","nope"]').toString('base64url'), 'e30'];
    const sneaky = Buffer.from('["2026-13-45T99:00:00.000000Z","01a20a1c-3117-78b5-88b3-f89ffeb89c21"]').toString(
      'base64url',
    );
    const noDays = ['2026-02-30T00:00:00', '2026-04-31T00:00:00', '2026-01-01T24:00:00'].map((at) =>
      Buffer.from(JSON.stringify([`${at}.000000Z`, team.account.accountId])).toString('base64url'),
    );
    for (const after of [...made, sneaky, ...noDays]) {
      const attempt = team.execute('thread:list', { after }, lead);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'after' }] });
    }
  });

  it('narrows by status, assignee, tag, account and text', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const ana = await team.member('agent');
    const mine = (await newThread(team, { name: 'Zoë Quibble', text: 'where is my kettle' })).threadId;
    const anas = (await newThread(team, { text: 'kettle too' })).threadId;
    const { threadId: free, messageIds } = await newThread(team, { text: 'nothing of the kind' });
    await giveTo(team, mine, lead.memberId);
    await giveTo(team, anas, ana.memberId);
    await team.execute('thread:set-tags', { threadId: free, add: ['vip'] }, lead);
    await team.execute('thread:set-status', { threadId: anas, status: 'resolved' }, lead);
    const list = async (filter: object): Promise<string[]> =>
      idsOf((await team.execute('thread:list', filter, lead)).data.items).sort();
    expect(await list({ assignee: 'me' })).toEqual([mine]);
    expect(await list({ assignee: 'none' })).toEqual([free]);
    expect(await list({ assignee: ana.memberId })).toEqual([anas]);
    expect(await list({ status: 'resolved' })).toEqual([anas]);
    expect(await list({ status: 'open' })).toEqual([mine, free].sort());
    expect(await list({ status: 'pending' })).toEqual([]);
    expect(await list({ status: 'active' })).toEqual([mine, free].sort());
    expect(await list({ status: 'active', q: 'kettle' })).toEqual([mine]);
    expect(await list({ tag: 'vip' })).toEqual([free]);
    expect(await list({ accountId: team.account.accountId })).toEqual([mine, anas, free].sort());
    expect(await list({ accountId: lead.memberId })).toEqual([]);
    expect(await list({ unread: true })).toEqual([mine, anas, free].sort());
    await team.execute('thread:read', { threadId: free, upToMessageId: messageIds[0]! }, lead);
    expect(await list({ unread: true })).toEqual([mine, anas].sort());
    expect(await list({ unread: false })).toEqual([mine, anas, free].sort());
    expect(await list({ unread: true, status: 'active' })).toEqual([mine]);
    expect(await list({ q: 'zoë quib' })).toEqual([mine]);
    expect(await list({ q: 'kett' })).toEqual([mine, anas].sort());
    expect(await list({ q: 'kettle', assignee: 'me' })).toEqual([mine]);
  });

  it.each(['%', '_', '\\', "'", '" & | ! ( ) : *', "a'b\\c", '..', '<->', '😀', '12', 'x'.repeat(200)])(
    'takes %j as text to look for, not as a pattern',
    async (q) => {
      const team = await createTeam(db.database);
      const lead = await team.member('manager');
      await newThread(team, { name: 'Plain Name', text: 'plain words' });
      expect((await team.execute('thread:list', { q }, lead)).data.items).toEqual([]);
    },
  );
});

describe('thread:get', () => {
  it('gives one conversation as the list does, resolved or not', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const { threadId } = await newThread(team);
    await team.execute('thread:set-status', { threadId, status: 'resolved' }, lead);
    const listed = await team.execute('thread:list', { status: 'resolved' }, lead);
    const { data } = await team.execute('thread:get', { threadId }, lead);
    expect(data.thread).toEqual(listed.data.items[0]);
    expect(data.thread.id).toBe(threadId);
  });
});

describe('inbox:snapshot', () => {
  it('has the shape of the contract, the head of the log, and everything a client starts from', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager', 'Lena');
    await team.member('agent', 'Ana');
    await threads(team, 3);
    const execute = team.executorWith({
      presence: { states: () => Promise.resolve(new Map([[lead.memberId, 'busy' as const]])) },
    });
    const { data } = await execute('inbox:snapshot', { limit: 2 }, lead);
    expect(COMMANDS['inbox:snapshot'].result.parse(data)).toEqual(data);
    expect(data.cursor.seq).toBe(await headOf(team));
    expect(data.threads).toHaveLength(2);
    expect(data.nextCursor).not.toBeNull();
    expect(data.counts).toEqual({ mine: 0, unassigned: 3, all: 3, unread: 3 });
    expect(data.members.map(({ displayName, state }) => [displayName, state])).toEqual([
      ['Ana', 'offline'],
      ['Lena', 'busy'],
    ]);
    expect(data.accounts).toEqual([
      expect.objectContaining({
        provider: 'cloud',
        capabilities: expect.objectContaining({ reactions: true }) as unknown,
      }),
    ]);
  });

  it('continues in thread:list from its own cursor', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const made = await threads(team, 3);
    const { data } = await team.execute('inbox:snapshot', { limit: 2 }, lead);
    const rest = await team.execute('thread:list', { after: data.nextCursor ?? '' }, lead);
    expect([...idsOf(data.threads), ...idsOf(rest.data.items)].sort()).toEqual([...made].sort());
  });

  it('narrows its threads by the view, not its counts', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    const [first] = await threads(team, 2);
    await giveTo(team, first!, lead.memberId);
    const { data } = await team.execute('inbox:snapshot', { view: { assignee: 'me' } }, lead);
    expect(idsOf(data.threads)).toEqual([first]);
    expect(data.counts).toMatchObject({ mine: 1, unassigned: 1, all: 2 });
  });

  it('leaves credentials and disabled numbers out', async () => {
    const team = await createTeam(db.database);
    const lead = await team.member('manager');
    await db.database.run(
      'test.secret',
      (sql) =>
        sql`update whatsapp_accounts set token_ciphertext = 'sealed-token', secret_fingerprints = '{"its-fingerprint"}' where id = ${team.account.accountId}`,
    );
    expect(JSON.stringify((await team.execute('inbox:snapshot', {}, lead)).data)).not.toMatch(
      /sealed|fingerprint|ciphertext/,
    );
    await db.database.run(
      'test.disable',
      (sql) => sql`update whatsapp_accounts set disabled_at = now() where id = ${team.account.accountId}`,
    );
    expect((await team.execute('inbox:snapshot', {}, lead)).data.accounts).toEqual([]);
  });
});

describe('thread:messages', () => {
  it('walks back through a thread, each page oldest first, every message exactly once', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId, messageIds } = await newThread(team, { messages: 5 });
    const pages: string[][] = [];
    let before: string | undefined;
    for (;;) {
      const { data } = await team.execute('thread:messages', { threadId, limit: 2, before }, ana);
      expect(COMMANDS['thread:messages'].result.parse(data)).toEqual(data);
      pages.unshift(idsOf(data.items));
      if (data.nextCursor === null) break;
      before = data.nextCursor;
    }
    expect(pages.flat()).toEqual(messageIds);
  });

  it('brings the notes with the newest page, and the head of the log', async () => {
    const team = await createTeam(db.database);
    const [ana, lead] = [await team.member('agent'), await team.member('manager')];
    const { threadId } = await newThread(team, { messages: 2 });
    await team.execute('note:add', { threadId, text: 'call back', mentions: [lead.memberId, lead.memberId] }, ana);
    const { data } = await team.execute('thread:messages', { threadId, limit: 1 }, ana);
    expect(data.notes).toEqual([
      expect.objectContaining({ text: 'call back', authorId: ana.memberId, mentions: [lead.memberId] }),
    ]);
    expect(data.cursor.seq).toBe(await headOf(team));
    const older = await team.execute('thread:messages', { threadId, limit: 1, before: data.nextCursor ?? '' }, ana);
    expect(older.data.notes).toEqual([]);
  });

  it('refuses a position that is none', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const attempt = team.execute('thread:messages', { threadId, before: "' or 1=1" }, ana);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'before' }] });
  });

  it('mentions nobody from elsewhere', async () => {
    const team = await createTeam(db.database);
    const ana = await team.member('agent');
    const stranger = await (await createTeam(db.database)).member('agent');
    const { threadId } = await newThread(team);
    const attempt = team.execute('note:add', { threadId, text: 'x', mentions: [stranger.memberId] }, ana);
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_input', details: [{ path: 'mentions' }] });
  });
});
