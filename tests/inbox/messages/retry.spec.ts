import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MessageId, ThreadId } from '../../../src/contract/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { DAY_MS } from '../../support/ingest.ts';
import { createTeam, eventsAfter, headOf, newThread, type Team } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

interface Row {
  readonly sendState: string;
  readonly attempts: number;
  readonly position: string;
}

const rowOf = async (id: string): Promise<Row> => {
  const rows = await db.database.run(
    'test.row',
    (sql) => sql<Row[]>`select send_state as "sendState", attempts, position from messages where id = ${id}`,
  );
  return rows[0]!;
};

const setAccount = (team: Team, state: string): Promise<unknown> =>
  db.database.run(
    'test.account',
    (sql) => sql`
      update whatsapp_accounts set state = ${state}
      where id = ${team.account.accountId}`,
  );

describe('message:retry', () => {
  const failed = async (
    team: Team,
    set: { state: string; providerId?: string; retryable?: boolean },
  ): Promise<{ threadId: ThreadId; id: MessageId; ana: Awaited<ReturnType<Team['member']>> }> => {
    const ana = await team.member('agent');
    const { threadId } = await newThread(team);
    const { data } = await team.execute('message:send', { threadId, kind: 'text', text: 'hi' }, ana);
    const error = { code: '1', title: 'broken', retryable: set.retryable ?? false };
    await db.database.run(
      'test.fail',
      (sql) => sql`
        update messages set send_state = ${set.state}, status = ${set.state}, attempts = 3,
          provider_message_id = ${set.providerId ?? null}, at_failed = ${set.state === 'failed' ? new Date() : null},
          error = ${sql.json(error)}::json
        where id = ${data.message.id}`,
    );
    team.jobs.length = 0;
    return { threadId, id: data.message.id, ana };
  };

  it.each(['failed', 'unknown'])(
    'puts a message that is %s back into the queue, keeping what it was',
    async (state) => {
      const team = await createTeam(db.database);
      const { threadId, id, ana } = await failed(team, { state });
      const before = await rowOf(id);
      const head = await headOf(team);
      const { data } = await team.execute('message:retry', { messageId: id }, ana);
      expect(data.message).toMatchObject({ id, status: 'queued', error: null, statusAt: {} });
      expect(await rowOf(id)).toEqual({ sendState: 'queued', attempts: 3, position: before.position });
      expect((await eventsAfter(team, head)).map(({ type }) => type)).toEqual(['message.updated', 'thread.updated']);
      expect(team.jobs).toEqual([expect.objectContaining({ threadId, task: 'send' })]);
      const audit = await db.database.run(
        'test.audit',
        (sql) => sql`select details from audit_log where subject_id = ${id}`,
      );
      expect(audit).toEqual([{ details: { from: state } }]);
    },
  );

  it('pressed twice at once sends it once', async () => {
    const team = await createTeam(db.database);
    const { id, ana } = await failed(team, { state: 'unknown' });
    const results = await Promise.allSettled([1, 2].map(() => team.execute('message:retry', { messageId: id }, ana)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('takes no message in any other state, nor one refused for good, nor a customer’s', async () => {
    const team = await createTeam(db.database);
    const conflict = { code: 'conflict' };
    const { ana, ...queued } = await failed(team, { state: 'queued' });
    await expect(team.execute('message:retry', { messageId: queued.id }, ana)).rejects.toMatchObject(conflict);
    const final = await failed(team, { state: 'failed', providerId: 'wamid.final' });
    await expect(team.execute('message:retry', { messageId: final.id }, ana)).rejects.toMatchObject(conflict);
    const again = await failed(team, { state: 'failed', providerId: 'wamid.again', retryable: true });
    await team.execute('message:retry', { messageId: again.id }, ana);
    const { messageIds } = await newThread(team);
    await expect(team.execute('message:retry', { messageId: messageIds[0] }, ana)).rejects.toMatchObject(conflict);
  });

  it('is refused where sending is: closed window, stopped number', async () => {
    const team = await createTeam(db.database);
    const { id, ana } = await failed(team, { state: 'failed' });
    team.clock.ms += 2 * DAY_MS;
    await expect(team.execute('message:retry', { messageId: id }, ana)).rejects.toMatchObject({
      code: 'window_closed',
    });
    await setAccount(team, 'reauth');
    await expect(team.execute('message:retry', { messageId: id }, ana)).rejects.toMatchObject({ code: 'channel_down' });
  });
});
