import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { CommandInput, CommandName, CommandResult } from '../../src/contract/commands.ts';
import { InboxError } from '../../src/contract/errors.ts';
import type { ThreadId } from '../../src/contract/ids.ts';
import type { Caller, ExecuteCommand } from '../../src/inbox/command.ts';
import { createLogReader } from '../../src/inbox/log-reader.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import type { Replica } from '../../src/platform/postgres-replica.ts';
import { credulous, observed } from '../support/replica-counts.ts';
import { startTestStandby, type TestStandby } from '../support/standby.ts';
import { createTeam, headOf, newCommandId, newThread, writeAgain, type Team } from '../support/team.ts';

let db: TestStandby;
beforeAll(async () => {
  db = await startTestStandby();
});
afterEach(async () => {
  db.thaw();
  await db.resume();
});
afterAll(async () => {
  await db.drop();
});

interface Stage {
  readonly team: Team;
  readonly lead: Caller;
  readonly agent: Caller;
  readonly threadId: ThreadId;
  readonly digits: string;
  /** A gateway that reads on the standby. */
  readonly execute: ExecuteCommand;
  /** One that believes the standby whatever it has. */
  readonly believe: ExecuteCommand;
}

/** A business of which the standby has everything. */
async function stage(): Promise<Stage> {
  const team = await createTeam(db.database, { visibility: 'own' });
  const [lead, agent] = [await team.member('manager'), await team.member('agent')];
  const { threadId, digits } = await newThread(team, { name: 'Quentin Example', text: 'a parcel' });
  await team.execute('thread:assign', { threadId, assigneeId: agent.memberId }, lead);
  const [replica, believed] = [db.reads(), credulous(db.reads())];
  const [execute, believe] = [team.executorWith({ replica }), team.executorWith({ replica: believed })];
  await db.caughtUp();
  return { team, lead, agent, threadId, digits, execute, believe };
}

const codeOf = (error: unknown): string => (error instanceof InboxError ? error.code : 'defect');

async function ask<N extends CommandName>(
  execute: ExecuteCommand,
  caller: Caller,
  name: N,
  input: CommandInput<N>,
): Promise<{ readonly answer: CommandResult<N> | string; readonly by: string[] }> {
  return await observed(() => execute(name, input, caller).then(({ data }) => data, codeOf));
}

const listed = async (execute: ExecuteCommand, caller: Caller): Promise<string[]> =>
  (await execute('thread:list', {}, caller)).data.items.map(({ id }) => id);

describe('a replica that has everything', () => {
  it('serves lists, searches, history and snapshots, and answers as the primary does', async () => {
    const { team, execute, lead, agent, threadId } = await stage();
    const questions = [
      ['thread:list', {}],
      ['thread:list', { q: 'quentin' }],
      ['thread:list', { q: 'parc' }],
      ['thread:messages', { threadId }],
      ['thread:search', { threadId, q: 'parc' }],
      ['thread:find-texts', { threadIds: [threadId], q: 'parc' }],
      ['inbox:snapshot', {}],
    ] as const;
    for (const caller of [lead, agent]) {
      for (const [name, input] of questions) {
        const { answer, by } = await ask(execute, caller, name, input as never);
        expect(by, name).toEqual(['served']);
        expect(answer).toEqual((await team.execute(name, input as never, caller)).data);
      }
    }
  });

  it('refuses as the primary does, and its word counts', async () => {
    const { execute, lead, agent } = await stage();
    expect(await ask(execute, agent, 'thread:messages', { threadId: uuid7() as ThreadId })).toEqual({
      answer: 'not_found',
      by: ['served'],
    });
    const before = 'nowhere';
    expect((await ask(execute, lead, 'thread:list', { after: before })).answer).toBe('invalid_input');
  });

  it('shows a business nothing of another one, whatever the statement forgets', async () => {
    const [{ team }] = [await stage(), await stage()];
    const replica = db.reads();
    const found = await replica.read(team.tenantId, 'test.all', () =>
      Promise.resolve({
        standing: () => Promise.resolve('level' as const),
        work: async (tx) =>
          (await tx<{ id: string }[]>`select distinct tenant_id as id from threads`).map(({ id }) => id),
      }),
    );
    expect(found?.value).toEqual([team.tenantId]);
  });

  it('is not asked where nothing but the primary will do', async () => {
    const { execute, lead, threadId } = await stage();
    const { by } = await observed(async () => {
      await execute('thread:get', { threadId }, lead);
      await execute('thread:open', { threadId }, lead);
      await execute('thread:assign', { threadId, assigneeId: null }, lead);
      await execute('note:add', { threadId, text: 'look' }, lead);
    });
    expect(by).toEqual([]);
  });
});

describe('a replica that lags', () => {
  it('has what was asked of it read again where nothing is missing', async () => {
    const { team, execute, believe, lead, threadId, digits } = await stage();
    await db.pause();
    await writeAgain(team, digits, uuid7());
    const { answer, by } = await ask(execute, lead, 'thread:messages', { threadId });
    expect(by).toEqual(['behind']);
    expect(answer).toMatchObject({ items: { length: 2 }, cursor: { seq: await headOf(team) } });
    // Believed, it would have missed that (the check above can fail).
    expect((await ask(believe, lead, 'thread:messages', { threadId })).answer).toMatchObject({ items: { length: 1 } });
  });

  it('shows who sends what they sent in the next list, on whichever gateway', async () => {
    const { team, execute, believe, agent, threadId } = await stage();
    await db.pause();
    const send = { threadId, kind: 'text', text: 'on its way', commandId: newCommandId() } as const;
    const { data } = await team.execute('message:send', send, agent);
    const last = { items: [{ lastMessage: { id: data.message.id } }] };
    expect((await ask(execute, agent, 'thread:list', {})).answer).toMatchObject(last);
    expect((await ask(believe, agent, 'thread:list', {})).answer).not.toMatchObject(last);
  });

  it('shows nobody what was taken away, from the moment it was', async () => {
    const { team, execute, believe, lead, agent, threadId } = await stage();
    expect(await listed(execute, agent)).toEqual([threadId]);
    await db.pause();
    await team.execute('thread:assign', { threadId, assigneeId: lead.memberId }, lead);
    expect(await listed(execute, agent)).toEqual([]);
    expect((await ask(execute, agent, 'thread:list', { q: 'parcel' })).answer).toMatchObject({ items: [] });
    expect((await ask(execute, agent, 'thread:messages', { threadId })).answer).toBe('not_found');
    expect(await listed(believe, agent)).toEqual([threadId]);
  });

  it('lets nobody in who is no longer of the team, though it is behind with that alone', async () => {
    const { team, execute, agent } = await stage();
    const admin = await team.member('tenant_admin');
    await db.pause();
    await team.execute('member:remove', { memberId: agent.memberId }, admin);
    expect((await ask(execute, agent, 'thread:list', {})).answer).toBe('forbidden');
  });

  it('takes rights from the primary, even where a change of them was not logged', async () => {
    const { team, believe, agent, threadId } = await stage();
    expect(await listed(believe, agent)).toEqual([threadId]);
    await db.pause();
    await team.database.run(
      'test.demote',
      (sql) => sql`update tenant_members set role = 'super_admin' where id = ${agent.memberId}`,
    );
    expect(await listed(believe, agent)).toEqual([]);
  });

  it('shows nobody what was written after they lost the right to it, though they had asked before', async () => {
    const { team, lead, threadId } = await stage();
    const admin = await team.member('tenant_admin');
    await db.caughtUp();
    const replica = db.reads();
    const meanwhile = async (): Promise<void> => {
      await team.execute('member:set-role', { memberId: lead.memberId, role: 'agent' }, admin);
      await newThread(team, { text: 'not for everybody' });
      await db.caughtUp();
    };
    const slow: Replica = {
      ...replica,
      read: (tenantId, name, plan) =>
        replica.read(tenantId, name, async () => {
          const asked = await plan();
          await meanwhile();
          return asked;
        }),
    };
    expect(await listed(team.execute, lead)).toEqual([threadId]);
    expect(await listed(team.executorWith({ replica: slow }), lead)).toEqual([]);
  });

  it('goes on serving businesses that have nothing new', async () => {
    const [busy, quiet] = [await stage(), await stage()];
    await db.pause();
    await writeAgain(busy.team, busy.digits, uuid7());
    expect((await ask(busy.execute, busy.lead, 'thread:list', {})).by).toEqual(['behind']);
    expect((await ask(quiet.execute, quiet.lead, 'thread:list', {})).by).toEqual(['served']);
  });

  it('gives a snapshot from which its own events go on: the cursor is of the same moment as the rest', async () => {
    const { team, execute, lead, digits } = await stage();
    const at = await headOf(team);
    const served = await ask(execute, lead, 'inbox:snapshot', {});
    expect(served).toMatchObject({ by: ['served'], answer: { cursor: { seq: at } } });
    await db.pause();
    await writeAgain(team, digits, uuid7());
    const again = await ask(execute, lead, 'inbox:snapshot', {});
    expect(again).toMatchObject({ by: ['behind'], answer: { cursor: { seq: await headOf(team) } } });
  });

  it('is not believed after a restore, which begins another epoch', async () => {
    const { team, execute, lead } = await stage();
    await db.pause();
    await team.database.run(
      'test.epoch',
      (sql) => sql`update tenant_logs set epoch = ${uuid7()} where tenant_id = ${team.tenantId}`,
    );
    expect((await ask(execute, lead, 'thread:list', {})).by).toEqual(['behind']);
  });

  it('is none where the address is the primary’s, and is not asked twice', async () => {
    const { team, lead } = await stage();
    const execute = team.executorWith({ replica: db.reads({ url: db.url }) });
    expect((await ask(execute, lead, 'thread:list', {})).by).toEqual(['primary']);
    expect((await ask(execute, lead, 'thread:list', {})).by).toEqual(['resting']);
  });

  it('replays what it has of the log, and leaves the rest to the primary', async () => {
    const { team, digits } = await stage();
    const replica = db.reads();
    const reader = createLogReader(db.database, replica);
    const { tenantId } = team;
    const [head] = await reader.heads([tenantId]);
    const known = { tenantId, epoch: head?.epoch ?? '', from: 0, to: head?.head ?? 0, limit: 100 };
    await db.pause();
    await writeAgain(team, digits, uuid7());
    const old = await observed(() => reader.knownRange(known));
    expect(old.by).toEqual(['served']);
    expect(old.answer?.events.at(-1)?.seq).toBe(known.to);
    const to = await headOf(team);
    const fresh = await observed(() => reader.knownRange({ ...known, to }));
    expect(fresh.by).toEqual(['behind']);
    expect(fresh.answer?.events.at(-1)?.seq).toBe(to);
    expect((await observed(() => reader.knownRange({ ...known, epoch: uuid7() }))).by).toEqual(['behind']);
  });
});

describe('a replica that is slow to answer', () => {
  it('keeps nobody waiting beyond the time that a command has', async () => {
    const { team, lead } = await stage();
    const replica = db.reads();
    const ended: string[] = [];
    const noted: Replica = {
      ...replica,
      read: async (...asked) => {
        const found = await replica.read(...asked);
        ended.push('the read');
        return found;
      },
    };
    await db.freeze();
    const { answer } = await ask(team.executorWith({ replica: noted, deadlineMs: 300 }), lead, 'thread:list', {});
    expect(ended).toEqual([]);
    expect(answer).toBe('unavailable');
  });
});
