import { describe, expect, it } from 'vitest';
import { daysIn } from '../../src/lib/calendar.ts';

const HOUR_MS = 3_600_000;

/** Each day with its length in hours. */
function hours(zone: string, from: string, to: string): [string, number][] {
  return daysIn(zone, from, to).map(({ date, fromMs, toMs }) => [date, (toMs - fromMs) / HOUR_MS]);
}

describe('the days of a zone', () => {
  it('follow one another without a gap, and begin when the zone says so', () => {
    const days = daysIn('America/New_York', '2026-01-01', '2026-12-31');
    expect(days).toHaveLength(365);
    expect(new Date(days[0]?.fromMs ?? 0).toISOString()).toBe('2026-01-01T05:00:00.000Z');
    for (const [index, { toMs }] of days.slice(0, -1).entries()) expect(toMs).toBe(days[index + 1]?.fromMs);
    expect(days.filter(({ fromMs, toMs }) => toMs - fromMs !== 24 * HOUR_MS).map(({ date }) => date)).toEqual([
      '2026-03-08',
      '2026-11-01',
    ]);
  });

  it('are as long as they are where a clock is changed, by half an hour and at midnight too', () => {
    expect(hours('Europe/Berlin', '2026-03-29', '2026-03-29')).toEqual([['2026-03-29', 23]]);
    expect(hours('Europe/Berlin', '2026-10-25', '2026-10-25')).toEqual([['2026-10-25', 25]]);
    expect(hours('Australia/Lord_Howe', '2026-04-05', '2026-04-05')).toEqual([['2026-04-05', 24.5]]);
    // In Santiago midnight was left out.
    expect(hours('America/Santiago', '2025-09-06', '2025-09-08')).toEqual([
      ['2025-09-06', 24],
      ['2025-09-07', 23],
      ['2025-09-08', 24],
    ]);
  });

  it('have no time where a zone left one out', () => {
    expect(hours('Pacific/Apia', '2011-12-29', '2011-12-31')).toEqual([
      ['2011-12-29', 24],
      ['2011-12-30', 0],
      ['2011-12-31', 24],
    ]);
  });

  it('begin at a quarter of an hour where the zone does', () => {
    expect(new Date(daysIn('Asia/Kathmandu', '2026-01-01', '2026-01-01')[0]?.fromMs ?? 0).toISOString()).toBe(
      '2025-12-31T18:15:00.000Z',
    );
  });
});
