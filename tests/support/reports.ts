/** A team whose work is counted: customers who write at given times, members who answer, and the resulting report. */
import { COMMANDS } from '../../src/contract/commands.ts';
import type { ThreadId } from '../../src/contract/ids.ts';
import type { Report, ReportFigures } from '../../src/contract/reports.ts';
import type { Caller } from '../../src/inbox/command.ts';
import { countNext } from '../../src/inbox/reports/count.ts';
import { beginAttempt, makeAttempt } from '../../src/inbox/reports/rebuild.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { apply, message, part, person } from './ingest.ts';
import { createTeam, giveTo, newCommandId, type Team } from './team.ts';

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** A while ago: status changes have the time of Postgres' clock, which tests do not set, and come after this. */
export const START = Date.now() - 60 * MINUTE_MS;
export const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
/** Days around it, wherever midnight is. */
export const AROUND = { from: dateOf(START - 2 * DAY_MS), to: dateOf(START + 2 * DAY_MS), timeZone: 'UTC' };

let written = 0;

/** One team with a lead and two agents. */
export interface ReportStage {
  readonly team: Team;
  readonly lead: Caller;
  readonly ana: Caller;
  readonly ben: Caller;
  /** A customer's message, received at that time, whenever it was written. */
  writes(digits: string, receivedAtMs: number, over?: Parameters<typeof message>[2]): Promise<ThreadId>;
  answers(by: Caller, threadId: ThreadId, atMs: number): Promise<void>;
  setStatus(by: Caller, threadId: ThreadId, status: 'open' | 'resolved'): Promise<void>;
  /** Two conversations with three messages and three answers, one of them resolved. */
  morning(): Promise<void>;
  /** Counts everything there is to count. */
  count(database?: Database): Promise<void>;
  report(by?: Caller, range?: Partial<typeof AROUND>): Promise<Report>;
  total(by?: Caller): Promise<ReportFigures>;
}

export async function reportStage(database: Database): Promise<ReportStage> {
  const team = await createTeam(database);
  const lead = await team.member('manager');
  const ana = await team.member('agent', 'Ana');
  const ben = await team.member('agent', 'Ben');
  const stage: ReportStage = {
    ...{ team, lead, ana, ben },
    writes: async (digits, receivedAtMs, over = {}) => {
      written += 1;
      const id = `wamid.report.${String(written)}`;
      const event = message(team.account.channel, id, { chat: person(digits), atMs: receivedAtMs, ...over });
      await apply(database, team.account, [part([event], { receivedAtMs })]);
      const [row] = await database.run(
        'test.thread',
        (sql) => sql<{ threadId: ThreadId }[]>`
          select thread_id as "threadId" from messages where tenant_id = ${team.tenantId} and provider_message_id = ${id}`,
      );
      return row!.threadId;
    },
    answers: async (by, threadId, atMs) => {
      team.clock.ms = atMs;
      const input = { threadId, kind: 'text', text: 'Here you are.', commandId: newCommandId() };
      await team.execute('message:send', input, by);
    },
    setStatus: async (by, threadId, status) => {
      await team.execute('thread:set-status', { threadId, status, commandId: newCommandId() }, by);
    },
    morning: async () => {
      const one = await stage.writes('15551110001', START);
      const two = await stage.writes('15551110002', START + MINUTE_MS);
      await giveTo(team, one, ana.memberId);
      await giveTo(team, two, ben.memberId);
      await stage.writes('15551110001', START + 2 * MINUTE_MS);
      await stage.answers(ana, one, START + 10 * MINUTE_MS);
      await stage.answers(ana, one, START + 11 * MINUTE_MS);
      await stage.answers(ben, two, START + 3 * MINUTE_MS);
      await stage.setStatus(ben, two, 'resolved');
    },
    count: async (by = database) => {
      const only = [team.tenantId];
      while ((await countNext(by, { only })).more);
      // Rebuilds where the log does not reach back far enough.
      const attempt = await beginAttempt(by);
      if (attempt !== null) await makeAttempt(by, attempt);
    },
    report: async (by = lead, range = {}) => {
      const { data } = await team.execute('report:read', { ...AROUND, ...range }, by);
      return COMMANDS['report:read'].result.parse(data);
    },
    total: async (by = lead) => (await stage.report(by)).total,
  };
  // From here on the log is enough, and nothing is rebuilt unless a test causes it.
  await stage.count();
  return stage;
}
