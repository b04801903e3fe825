import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/contract/commands.ts';
import type { ThreadId } from '../../../src/contract/ids.ts';
import type { MemberFigures, Report, ReportFigures } from '../../../src/contract/reports.ts';
import type { Caller } from '../../../src/inbox/command.ts';
import { countNext, rebuild, selectBehind } from '../../../src/inbox/reports/count.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, message, part, person } from '../../support/ingest.ts';
import { createTeam, giveTo, newCommandId, type Team } from '../../support/team.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** A while ago: changes of status have the time of Postgres' clock, which tests do not set, and come after this. */
const START = Date.now() - 60 * MINUTE_MS;
/** Days around it, wherever midnight is. */
const AROUND = { from: dateOf(START - 2 * DAY_MS), to: dateOf(START + 2 * DAY_MS), timeZone: 'UTC' };
const NOTHING = { received: 0, begun: 0, sent: 0, resolved: 0, answered: 0, waitMs: null };

let db: TestDatabase;
let team: Team;
let lead: Caller;
let ana: Caller;
let ben: Caller;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  team = await createTeam(db.database);
  [lead, ana, ben] = [
    await team.member('manager'),
    await team.member('agent', 'Ana'),
    await team.member('agent', 'Ben'),
  ];
});

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

let written = 0;

/** A customer's message, received at that moment whenever it was written. */
async function writes(
  digits: string,
  receivedAtMs: number,
  over: Parameters<typeof message>[2] = {},
): Promise<ThreadId> {
  written += 1;
  const id = `wamid.report.${String(written)}`;
  const event = message(team.account.channel, id, { chat: person(digits), atMs: receivedAtMs, ...over });
  await apply(db.database, team.account, [part([event], { receivedAtMs })]);
  const [row] = await db.database.run(
    'test.thread',
    (sql) => sql<{ threadId: ThreadId }[]>`
      select thread_id as "threadId" from messages where tenant_id = ${team.tenantId} and provider_message_id = ${id}`,
  );
  return row!.threadId;
}

async function answers(by: Caller, threadId: ThreadId, atMs: number): Promise<void> {
  team.clock.ms = atMs;
  await team.execute('message:send', { threadId, kind: 'text', text: 'Here you are.', commandId: newCommandId() }, by);
}

async function setStatus(by: Caller, threadId: ThreadId, status: 'open' | 'resolved'): Promise<void> {
  await team.execute('thread:set-status', { threadId, status, commandId: newCommandId() }, by);
}

/** Everything that there is to count. */
async function count(database: Database = db.database, { tenantId } = team): Promise<void> {
  while (await countNext(database, tenantId));
}

async function report(by: Caller = lead, range: Partial<typeof AROUND> = {}): Promise<Report> {
  const { data } = await team.execute('report:read', { ...AROUND, ...range }, by);
  return COMMANDS['report:read'].result.parse(data);
}

async function total(by = lead): Promise<ReportFigures> {
  return (await report(by)).total;
}

function of(who: Caller, { members }: Report): MemberFigures | undefined {
  return members.find(({ memberId }) => memberId === who.memberId);
}

/** A morning with all there is. Two conversations, one of them resolved and taken up again. */
async function morning(): Promise<void> {
  const one = await writes('15551110001', START);
  const two = await writes('15551110002', START + MINUTE_MS);
  await giveTo(team, one, ana.memberId);
  await giveTo(team, two, ben.memberId);
  await writes('15551110001', START + 2 * MINUTE_MS);
  await answers(ana, one, START + 10 * MINUTE_MS);
  await answers(ana, one, START + 11 * MINUTE_MS);
  await answers(ben, two, START + 3 * MINUTE_MS);
  await setStatus(ben, two, 'resolved');
}

describe('a report', () => {
  it('has every day of the range, those without anything too, and who did what', async () => {
    await morning();
    await count();
    const day = { received: 3, begun: 2, sent: 3, resolved: 1, answered: 2, waitMs: { p50: 120_000, p90: 600_000 } };
    const read = await report();
    expect(read.total).toEqual(day);
    expect(read.days.map((one) => one.day)).toEqual([-2, -1, 0, 1, 2].map((off) => dateOf(START + off * DAY_MS)));
    expect([read.days[0], read.days.at(-1)]).toEqual([
      { day: AROUND.from, ...NOTHING },
      { day: AROUND.to, ...NOTHING },
    ]);
    for (const name of ['received', 'begun', 'sent', 'resolved', 'answered'] as const) {
      expect(read.days.reduce((sum, one) => sum + (one[name] ?? 0), 0)).toBe(day[name]);
    }
    const removed = { removed: false };
    expect(read.members).toEqual([
      { ...removed, ...who(ana, 'Ana'), sent: 2, resolved: 0, answered: 1, waitMs: { p50: 600_000, p90: 600_000 } },
      { ...removed, ...who(ben, 'Ben'), sent: 1, resolved: 1, answered: 1, waitMs: { p50: 120_000, p90: 120_000 } },
    ]);
    expect(Date.parse(read.countedUntil ?? '')).toBeGreaterThan(Date.now() - MINUTE_MS);
  });

  it('says until when it is counted, and that it is not yet', async () => {
    await morning();
    expect(await report()).toMatchObject({ total: NOTHING, members: [], countedUntil: null });
    await count();
    const before = Date.now();
    await writes('15551110003', START);
    const { countedUntil } = await report();
    expect(Date.parse(countedUntil ?? '')).toBeLessThanOrEqual(before);
  });

  it('counts a conversation as begun once, and again when it is taken up after it was resolved', async () => {
    const thread = await writes('15551110001', START);
    await writes('15551110001', START + 1);
    expect(await begun()).toBe(1);
    await setStatus(lead, thread, 'resolved');
    expect(await begun()).toBe(1);
    await writes('15551110001', Date.now());
    await writes('15551110001', Date.now() + 1);
    expect(await begun()).toBe(2);
    await setStatus(lead, thread, 'resolved');
    await setStatus(lead, thread, 'open');
    expect(await begun()).toBe(3);
    expect(await total()).toMatchObject({ resolved: 2 });
  });

  it('takes a phone’s answer for the end of a wait and for nobody’s work', async () => {
    const thread = await writes('15551110001', START);
    await writes('15551110001', START + MINUTE_MS, { direction: 'outbound', origin: 'business_app' });
    await answers(lead, thread, START + 2 * MINUTE_MS);
    await count();
    expect(await total()).toMatchObject({ received: 1, begun: 1, sent: 1, answered: 0, waitMs: null });
  });

  it('counts nothing of a phone’s history', async () => {
    await writes('15551110001', START, { history: true });
    await count();
    expect(await total()).toEqual(NOTHING);
    await writes('15551110001', START + 1);
    await count();
    expect(await total()).toMatchObject({ received: 1, begun: 1 });
  });

  it('keeps the figures of who was removed, under their name', async () => {
    await morning();
    await count();
    const admin = await team.member('tenant_admin');
    await team.execute('member:remove', { memberId: ana.memberId, commandId: newCommandId() }, admin);
    await count();
    expect(of(ana, await report())).toMatchObject({ displayName: 'Ana', removed: true, sent: 2, answered: 1 });
  });
});

function who({ memberId, userId }: Caller, displayName: string): object {
  return { memberId, userId, displayName };
}

async function begun(): Promise<number | null> {
  await count();
  return (await total()).begun;
}

describe('what is counted', () => {
  it('is counted once by three workers at once, of which some are cut off before their commit', async () => {
    await morning();
    const cutOff = (database: Database): Database => ({
      ...database,
      run: (name, query, options) => database.run(name, query, options),
      transaction: (name, work, options) =>
        database.transaction(
          name,
          async (tx) => {
            await work(tx);
            throw new Error('killed');
          },
          options,
        ),
    });
    await expect(count(cutOff(db.open()))).rejects.toThrow('killed');
    expect(await total()).toEqual(NOTHING);
    await count();
    await morning();
    await expect(count(cutOff(db.open()))).rejects.toThrow('killed');
    await Promise.all([1, 2, 3].map(() => count(db.open())));
    await count();
    await count();
    expect(await total()).toMatchObject({ received: 6, sent: 6, resolved: 2 });
  });

  it('is a message of when it was received, however late the carrier brought it or we came to it', async () => {
    await writes('15551110001', START, { atMs: START - 3 * DAY_MS });
    await count();
    await writes('15551110002', START - DAY_MS);
    await count();
    const { days } = await report(lead, { from: dateOf(START - 3 * DAY_MS), to: dateOf(START) });
    expect(days.map(({ received }) => received)).toEqual([0, 0, 1, 1]);
  });

  it('tells a wait the same when a message before the answer is applied after it was counted', async () => {
    const thread = await writes('15551110001', START);
    await answers(lead, thread, START + 10 * MINUTE_MS);
    await count();
    await writes('15551110001', START - 10 * MINUTE_MS);
    await count();
    expect(await total()).toMatchObject({ begun: 1, answered: 1, waitMs: { p50: 20 * MINUTE_MS } });
    await expectSameAnew();
  });

  it('is no other tenant’s', async () => {
    await morning();
    await count();
    const before = { ...team };
    team = await createTeam(db.database);
    const stranger = await team.member('manager');
    await writes('15551110009', START);
    await count();
    expect(await total(stranger)).toMatchObject({ received: 1, sent: 0 });
    expect((await report(stranger)).members).toEqual([]);
    team = before;
    expect(await total()).toMatchObject({ received: 3 });
  });
});

/** Made anew they are what they were. */
async function expectSameAnew(): Promise<void> {
  const before = await report();
  await rebuild(db.database, team.tenantId);
  expect({ ...(await report()), countedUntil: before.countedUntil }).toEqual(before);
}

describe('figures made anew from what is stored', () => {
  it('are the same, after whatever happened, and go on from there', async () => {
    await morning();
    await count();
    const thread = await writes('15551110004', START + 4);
    await answers(lead, thread, START + 20 * MINUTE_MS);
    await setStatus(lead, thread, 'resolved');
    await setStatus(lead, thread, 'open');
    await count();
    expect(await total()).toMatchObject({ received: 4, begun: 4, sent: 4, resolved: 2, answered: 3 });
    await expectSameAnew();
    await morning();
    await count();
    expect(await total()).toMatchObject({ received: 7 });
    await expectSameAnew();
  });

  it('are the same after contacts were merged, and after they were taken apart again', async () => {
    await morning();
    await count();
    const contacts = await db.database.run(
      'test.contacts',
      (sql) => sql<{ id: string }[]>`select id from contacts where tenant_id = ${team.tenantId} order by created_at`,
    );
    const [into, from] = contacts.map(({ id }) => id);
    const merge = { contactId: from, intoContactId: into, commandId: newCommandId() };
    const { data } = await team.execute('contact:merge', merge, lead);
    await count();
    expect(await total()).toMatchObject({ begun: 1, received: 3, sent: 3 });
    await expectSameAnew();
    await team.execute('contact:unmerge', { mergeId: data.mergeId, commandId: newCommandId() }, lead);
    await count();
    expect(await total()).toMatchObject({ begun: 2, received: 3, sent: 3 });
    await expectSameAnew();
  });

  it('stand in by themselves for what the log does not have any more, or never had', async () => {
    await morning();
    await db.database.run('test.trim', (sql) => sql`delete from tenant_events where tenant_id = ${team.tenantId}`);
    await writes('15551110005', START);
    await count();
    expect(await total()).toMatchObject({ received: 4, sent: 3, resolved: 1, answered: 2 });
    const behind = await db.database.run('test.behind', selectBehind);
    expect(behind.filter(({ tenantId }) => tenantId === team.tenantId)).toEqual([]);
    await db.database.run('test.trim', (sql) => sql`delete from tenant_events where tenant_id = ${team.tenantId}`);
    await morning();
    await db.database.run(
      'test.trim',
      (sql) => sql`delete from tenant_events where tenant_id = ${team.tenantId} and type = 'message.created'`,
    );
    await count();
    expect(await total()).toMatchObject({ received: 7, sent: 6, resolved: 2 });
  });
});

describe('who reads a report', () => {
  beforeEach(async () => {
    await morning();
    await count();
  });

  it('as an agent sees their own figures and nothing of what is nobody’s', async () => {
    const read = await report(ana);
    expect(read.members).toEqual([
      expect.objectContaining({ ...who(ana, 'Ana'), sent: 2, answered: 1, waitMs: { p50: 600_000, p90: 600_000 } }),
    ]);
    expect(read.total).toEqual({
      ...{ received: null, begun: null, sent: 2, resolved: 0, answered: 1 },
      waitMs: { p50: 600_000, p90: 600_000 },
    });
    expect(read.days[0]).toMatchObject({ received: null, begun: null, sent: 0 });
    const idle = await team.member('agent', 'Cleo');
    expect(await report(idle)).toMatchObject({ members: [{ displayName: 'Cleo', sent: 0 }], total: { sent: 0 } });
  });

  it('as who runs the platform sees what is used, and nobody’s work', async () => {
    const read = await report(await team.member('super_admin'));
    expect(read.members).toEqual([]);
    expect(read.total).toMatchObject({ received: 3, sent: 3, resolved: 1, waitMs: null });
  });

  it('asks for days of any zone, also where a clock is changed', async () => {
    // Berlin, 2026-03-29, is a day of 23 hours: from 23:00 UTC of the day before to 22:00 UTC.
    const [from, to] = ['2026-03-28', '2026-03-30'];
    for (const instant of [
      '2026-03-28T22:59:59.999Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59Z',
      '2026-03-29T22:00:00Z',
    ]) {
      await writes('15551110006', Date.parse(instant));
    }
    // Kathmandu is 5:45 ahead.
    await count();
    const received = async (timeZone: string): Promise<(number | null)[]> => {
      const { days } = await report(lead, { from, to, timeZone });
      return days.map((day) => day.received);
    };
    expect(await received('Europe/Berlin')).toEqual([1, 2, 1]);
    expect(await received('UTC')).toEqual([2, 2, 0]);
    await writes('15551110006', Date.parse('2026-03-27T18:14:59Z'));
    await writes('15551110006', Date.parse('2026-03-27T18:15:00Z'));
    await count();
    expect(await received('Asia/Kathmandu')).toEqual([1, 2, 2]);
  });
});
