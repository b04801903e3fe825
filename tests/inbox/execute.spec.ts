import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AsLogged } from '../../src/inbox/event-log.ts';
import { decodeHints, eventsOf } from '../../src/inbox/hints.ts';
import { addNote } from '../../src/inbox/notes/add-note.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRegistry } from '../support/registry.ts';
import { createTeam, eventsAfter, headOf, newCommandId, newThread } from '../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const countMessages = async (tenantId: string): Promise<number> => {
  const rows = await db.database.run(
    'test.count',
    (sql) => sql<{ n: number }[]>`
      select count(*)::int as n from messages where tenant_id = ${tenantId} and direction = 'outbound'`,
  );
  return rows[0]!.n;
};

describe('a command', () => {
  it('repeated with the same commandId answers the first result and changes nothing more', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const input = { threadId, kind: 'text', text: 'hello', commandId: newCommandId() };
    const first = await team.execute('message:send', input, agent);
    const head = await headOf(team);
    const second = await team.execute('message:send', input, agent);
    expect(second.data).toEqual(first.data);
    expect(second.cursor).toEqual(first.cursor);
    expect(await headOf(team)).toBe(head);
    expect(await countMessages(team.tenantId)).toBe(1);
    expect(team.jobs).toHaveLength(1);
  });

  it('without a commandId is done as often as it is asked for', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    await team.execute('message:send', { threadId, kind: 'text', text: 'hello' }, agent);
    await team.execute('message:send', { threadId, kind: 'text', text: 'hello' }, agent);
    expect(await countMessages(team.tenantId)).toBe(2);
  });

  it('sent by ten connections at once with one commandId is done once, and all get the one result', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const input = { threadId, kind: 'text', text: 'only once', commandId: newCommandId() };
    const all = await Promise.all(Array.from({ length: 10 }, () => team.execute('message:send', input, agent)));
    expect(new Set(all.map(({ data }) => data.message.id)).size).toBe(1);
    expect(await countMessages(team.tenantId)).toBe(1);
  });

  it('that others refuse meanwhile still answers its first result to a concurrent duplicate', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    // The second of these finds the version moved on; being the same command it is no conflict.
    const input = { threadId, assigneeId: agent.memberId, expectedVersion: 1, commandId: newCommandId() };
    const all = await Promise.all(Array.from({ length: 6 }, () => team.execute('thread:assign', input, agent)));
    expect(new Set(all.map(({ data }) => data.thread.version))).toEqual(new Set([2]));
  });

  it('may not borrow the commandId of another command', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const commandId = newCommandId();
    await team.execute('note:add', { threadId, text: 'a', commandId }, agent);
    await expect(
      team.execute('message:send', { threadId, kind: 'text', text: 'b', commandId }, agent),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  it('of another member with the same commandId is another command', async () => {
    const team = await createTeam(db.database);
    const [ana, bruno] = [await team.member('agent'), await team.member('agent')];
    const { threadId } = await newThread(team);
    const input = { threadId, text: 'note', commandId: newCommandId() };
    const first = await team.execute('note:add', input, ana);
    const second = await team.execute('note:add', input, bruno);
    expect(second.data.note.id).not.toBe(first.data.note.id);
  });

  it('that was refused may succeed later under the same commandId', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const input = { threadId, kind: 'text', text: 'hi', commandId: newCommandId() };
    const openUntil = team.clock.ms;
    team.clock.ms += 3 * 86_400_000;
    await expect(team.execute('message:send', input, agent)).rejects.toMatchObject({ code: 'window_closed' });
    team.clock.ms = openUntil;
    expect((await team.execute('message:send', input, agent)).data.message.status).toBe('queued');
  });

  it('of a removed member is forbidden, even one that was done before', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const input = { threadId, text: 'note', commandId: newCommandId() };
    await team.execute('note:add', input, agent);
    await db.database.run(
      'test.remove',
      (sql) => sql`update tenant_members set removed_at = now() where id = ${agent.memberId}`,
    );
    await expect(team.execute('note:add', input, agent)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(team.execute('inbox:snapshot', {}, agent)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('names every broken field of its input', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    await expect(team.execute('note:add', { threadId: 'x', text: '  ' }, agent)).rejects.toMatchObject({
      code: 'invalid_input',
      details: [
        { path: 'threadId', message: 'must be a UUID' },
        { path: 'text', message: 'must not be empty' },
      ],
    });
  });

  it('takes text with NUL and broken surrogates, cleaned, and refuses endless nesting', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const { data } = await team.execute('note:add', { threadId, text: 'a\u0000b \ud800 c' }, agent);
    expect(data.note.text).toBe('ab \ufffd c');
    let deep: unknown = {};
    for (let i = 0; i < 5000; i += 1) deep = { deep };
    await expect(
      team.execute('message:send', { threadId, kind: 'text', text: 'x', interactive: { deep } }, agent),
    ).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('succeeds when neither Redis takes the hint nor the stream the job', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const execute = team.executorWith({
      hints: {
        publish: () => {
          throw new Error('Redis is away');
        },
      },
      jobs: { append: () => Promise.reject(new Error('Redis is away')) },
    });
    expect((await execute('message:send', { threadId, kind: 'text', text: 'hi' }, agent)).data.message.status).toBe(
      'queued',
    );
  });

  it('is unavailable while the database is away, and says to repeat it', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const away = db.open({ url: 'postgres://nobody@127.0.0.1:1/none' });
    const execute = team.executorWith({ database: away, deadlineMs: 300 });
    await expect(execute('thread:list', {}, agent)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(
      execute('note:add', { threadId: uuid7(), text: 'x', commandId: newCommandId() }, agent),
    ).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('tells the position of its own last event, and hints carry exactly its events', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const before = await headOf(team);
    const { cursor } = await team.execute('message:send', { threadId, kind: 'text', text: 'hi' }, agent);
    expect(cursor?.seq).toBe(await headOf(team));
    const [hint] = decodeHints(Buffer.from(team.hints.at(-1)!));
    expect(hint).toMatchObject({ from: before, to: cursor?.seq });
    expect(eventsOf(hint!).map(({ seq }) => seq)).toEqual([before + 1, before + 2]);
    expect((await eventsAfter(team, before)).map(({ type }) => type)).toEqual(['message.created', 'thread.updated']);
  });

  it.each([
    ['with a commandId', { commandId: newCommandId() }],
    ['without one', {}],
  ])('that answers what it does not change is a named defect and changes nothing, %s', async (_, named) => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    const { threadId } = await newThread(team);
    const absent = { tenantId: team.tenantId, type: 'note.created', id: uuid7(), threadId, before: null } as const;
    const execute = team.executorWith({
      registry: {
        ...testRegistry(db.database),
        'note:add': {
          ...{ name: 'note:add', access: 'write' },
          run: async (context, input) => ({ ...(await addNote.run(context, input)), data: new AsLogged(absent) }),
        },
      },
    });
    const head = await headOf(team);
    await expect(execute('note:add', { threadId, text: 'note', ...named }, agent)).rejects.toThrow(
      `note.created ${absent.id}`,
    );
    expect(await headOf(team)).toBe(head);
  });

  it('session:renew is not the inbox’s to answer', async () => {
    const team = await createTeam(db.database);
    const agent = await team.member('agent');
    await expect(team.execute('session:renew', { token: 'x' }, agent)).rejects.toMatchObject({ code: 'unsupported' });
  });
});
