import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../../../src/inbox/command.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { AROUND, dateOf, DAY_MS, MINUTE_MS, reportStage, START, type ReportStage } from '../../support/reports.ts';
import { newCommandId } from '../../support/team.ts';

let db: TestDatabase;
let stage: ReportStage;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  stage = await reportStage(db.database);
});

const NOTHING = { received: 0, begun: 0, sent: 0, resolved: 0, answered: 0, waitMs: null };

const who = ({ memberId, userId }: Caller, displayName: string): object => ({ memberId, userId, displayName });

async function begun(): Promise<number | null> {
  await stage.count();
  return (await stage.total()).begun;
}

describe('a report', () => {
  it('has every day of the range, those without anything too, and who did what', async () => {
    await stage.morning();
    await stage.count();
    const day = { received: 3, begun: 2, sent: 3, resolved: 1, answered: 2, waitMs: { p50: 120_000, p90: 600_000 } };
    const read = await stage.report();
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
      {
        ...removed,
        ...who(stage.ana, 'Ana'),
        sent: 2,
        resolved: 0,
        answered: 1,
        waitMs: { p50: 600_000, p90: 600_000 },
      },
      {
        ...removed,
        ...who(stage.ben, 'Ben'),
        sent: 1,
        resolved: 1,
        answered: 1,
        waitMs: { p50: 120_000, p90: 120_000 },
      },
    ]);
    expect(Date.parse(read.countedUntil ?? '')).toBeGreaterThan(Date.now() - MINUTE_MS);
  });

  it('says until when it is counted', async () => {
    await stage.morning();
    await stage.count();
    const before = Date.now();
    expect(Date.parse((await stage.report()).countedUntil ?? '')).toBeGreaterThanOrEqual(before - 1);
    await stage.writes('15551110003', START);
    const { countedUntil, total } = await stage.report();
    expect(Date.parse(countedUntil ?? '')).toBeLessThanOrEqual(before);
    expect(total.received).toBe(3);
  });

  it('counts a conversation as begun once, and again when it is taken up after it was resolved', async () => {
    const thread = await stage.writes('15551110001', START);
    await stage.writes('15551110001', START + 1);
    expect(await begun()).toBe(1);
    await stage.setStatus(stage.lead, thread, 'resolved');
    expect(await begun()).toBe(1);
    await stage.writes('15551110001', Date.now());
    await stage.writes('15551110001', Date.now() + 1);
    expect(await begun()).toBe(2);
    await stage.setStatus(stage.lead, thread, 'resolved');
    await stage.setStatus(stage.lead, thread, 'open');
    expect(await begun()).toBe(3);
    expect(await stage.total()).toMatchObject({ resolved: 2 });
  });

  it('takes a phone’s answer for the end of a wait and for nobody’s work', async () => {
    const thread = await stage.writes('15551110001', START);
    await stage.writes('15551110001', START + MINUTE_MS, { direction: 'outbound', origin: 'business_app' });
    await stage.answers(stage.lead, thread, START + 2 * MINUTE_MS);
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 1, begun: 1, sent: 1, answered: 0, waitMs: null });
  });

  it('counts nothing of a phone’s history', async () => {
    await stage.writes('15551110001', START, { history: true });
    await stage.count();
    expect(await stage.total()).toEqual(NOTHING);
    await stage.writes('15551110001', START + 1);
    await stage.count();
    expect(await stage.total()).toMatchObject({ received: 1, begun: 1 });
  });

  it('keeps the figures of who was removed, under their name', async () => {
    await stage.morning();
    await stage.count();
    const admin = await stage.team.member('tenant_admin');
    await stage.team.execute('member:remove', { memberId: stage.ana.memberId, commandId: newCommandId() }, admin);
    await stage.count();
    expect((await stage.report()).members.find(({ memberId }) => memberId === stage.ana.memberId)).toMatchObject({
      displayName: 'Ana',
      removed: true,
      sent: 2,
      answered: 1,
    });
  });
});

describe('who reads a report', () => {
  beforeEach(async () => {
    await stage.morning();
    await stage.count();
  });

  it('as an agent sees their own figures and nothing of what is nobody’s', async () => {
    const read = await stage.report(stage.ana);
    expect(read.members).toEqual([
      expect.objectContaining({
        ...who(stage.ana, 'Ana'),
        sent: 2,
        answered: 1,
        waitMs: { p50: 600_000, p90: 600_000 },
      }),
    ]);
    expect(read.total).toEqual({
      ...{ received: null, begun: null, sent: 2, resolved: 0, answered: 1 },
      waitMs: { p50: 600_000, p90: 600_000 },
    });
    expect(read.days[0]).toMatchObject({ received: null, begun: null, sent: 0 });
    const idle = await stage.team.member('agent', 'Cleo');
    expect(await stage.report(idle)).toMatchObject({ members: [{ displayName: 'Cleo', sent: 0 }], total: { sent: 0 } });
  });

  it('as who runs the platform sees what is used, and nobody’s work', async () => {
    const read = await stage.report(await stage.team.member('super_admin'));
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
      await stage.writes('15551110006', Date.parse(instant));
    }
    // Kathmandu is 5:45 ahead.
    await stage.count();
    const received = async (timeZone: string): Promise<(number | null)[]> => {
      const { days } = await stage.report(stage.lead, { from, to, timeZone });
      return days.map((day) => day.received);
    };
    expect(await received('Europe/Berlin')).toEqual([1, 2, 1]);
    expect(await received('UTC')).toEqual([2, 2, 0]);
    await stage.writes('15551110006', Date.parse('2026-03-27T18:14:59Z'));
    await stage.writes('15551110006', Date.parse('2026-03-27T18:15:00Z'));
    await stage.count();
    expect(await received('Asia/Kathmandu')).toEqual([1, 2, 2]);
  });
});
