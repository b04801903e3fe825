/** Which days a report is about, in which order it stands, and what a spreadsheet makes of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_REPORT_DAYS } from '../../src/contract/report-limits.ts';
import { MemberFigures, Report } from '../../src/contract/reports.ts';
import { daysCsv, membersCsv } from '../../client/src/screens/reports/csv.ts';
import { shownScreen, reportedOn } from '../../client/src/state/role.ts';
import {
  chartOf,
  inOrder,
  isEmpty,
  localDay,
  orderedBy,
  rangeOf,
  rangeProblem,
  type Column,
} from '../../client/src/state/reports.ts';
import { INITIAL_APP, type AppState } from '../../client/src/state/store.ts';
import type { Role } from '../../src/contract/entities.ts';
import { aMember, id, inboxOf, ME } from './example.ts';

const NOTHING = { received: 0, begun: 0, sent: 0, resolved: 0, answered: 0, waitMs: null };

const figures = (number: number, displayName: string, over: Partial<MemberFigures> = {}): MemberFigures =>
  MemberFigures.parse({
    ...{ memberId: id('p', number), userId: id('u', number), displayName, removed: false },
    ...{ sent: 0, resolved: 0, answered: 0, waitMs: null },
    ...over,
  });

const report = (days: readonly Partial<Report['days'][number]>[], over: Partial<Report> = {}): Report =>
  Report.parse({
    days: days.map((day, index) => ({ ...NOTHING, day: `2026-03-0${String(index + 1)}`, ...day })),
    ...{ members: [], total: NOTHING, countedUntil: null },
    ...over,
  });

describe('the days of a report', () => {
  it('are those of this machine, today among them', () => {
    const now = new Date(2026, 2, 1, 0, 30).getTime();
    expect(rangeOf({ kind: 'last', days: 1 }, now)).toEqual({ from: '2026-03-01', to: '2026-03-01' });
    expect(rangeOf({ kind: 'last', days: 7 }, now)).toEqual({ from: '2026-02-23', to: '2026-03-01' });
    expect(rangeOf({ kind: 'last', days: 30 }, now)).toEqual({ from: '2026-01-31', to: '2026-03-01' });
    expect(localDay(new Date(2026, 2, 1, 23, 59).getTime())).toBe('2026-03-01');
  });

  it('are asked for when they are in order and not too many', () => {
    const asked = (from: string, to: string): string | null => rangeProblem({ from, to });
    expect(asked('2026-03-01', '2026-03-01')).toBeNull();
    expect(asked('2026-03-02', '2026-03-01')).toMatch(/before/);
    expect(asked('', '2026-03-01')).toMatch(/first and the last/);
    const last = new Date(Date.parse('2026-01-01') + MAX_REPORT_DAYS * 86_400_000);
    const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
    expect(asked('2026-01-01', dayOf(last))).toMatch(new RegExp(String(MAX_REPORT_DAYS)));
    expect(asked('2026-01-01', dayOf(new Date(last.getTime() - 86_400_000)))).toBeNull();
  });
});

describe('people', () => {
  const waited = (p50: number): Partial<MemberFigures> => ({ answered: 1, waitMs: { p50, p90: p50 * 2 } });
  const team = [
    figures(1, 'Zoe', { sent: 3, ...waited(9) }),
    figures(2, 'Abe', { sent: 3 }),
    figures(3, 'Cid', { sent: 8, ...waited(4) }),
  ];
  const names = (column: Column, isDown: boolean): readonly string[] =>
    inOrder(team, { column, isDown }).map(({ displayName }) => displayName);

  it('stand in the order of a column, equal ones by name, and those without a figure last either way', () => {
    expect(names('name', false)).toEqual(['Abe', 'Cid', 'Zoe']);
    expect(names('sent', true)).toEqual(['Cid', 'Abe', 'Zoe']);
    expect(names('sent', false)).toEqual(['Abe', 'Zoe', 'Cid']);
    expect(names('half', true)).toEqual(['Zoe', 'Cid', 'Abe']);
    expect(names('most', false)).toEqual(['Cid', 'Zoe', 'Abe']);
  });

  it('are ordered by the largest first, and turned round by a second click', () => {
    const once = orderedBy({ column: 'name', isDown: false }, 'sent');
    expect(once).toEqual({ column: 'sent', isDown: true });
    expect(orderedBy(once, 'sent')).toEqual({ column: 'sent', isDown: false });
    expect(orderedBy(once, 'name')).toEqual({ column: 'name', isDown: false });
  });
});

describe('the chart', () => {
  it('has room for its highest bar, and a scale that can be halved', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5_000_000), { minLength: 1, maxLength: 9 }), (counts) => {
        const { bars, top } = chartOf(report(counts.map((received) => ({ received, sent: 1 }))));
        const most = Math.max(...counts, 1);
        expect(bars.map(({ received }) => received)).toEqual(counts);
        expect(top).toBeGreaterThanOrEqual(most);
        expect(top / 2).toSatisfy(Number.isInteger);
        expect(top).toBeLessThanOrEqual(Math.max(2, most * 2.5));
      }),
    );
  });

  it('stands on the ground where nothing happened', () => {
    const none = report([{}, {}]);
    expect(chartOf(none).top).toBe(2);
    expect(isEmpty(none)).toBe(true);
    expect(isEmpty(report([{}], { total: { ...NOTHING, received: null, begun: null, sent: 1 } }))).toBe(false);
  });
});

describe('a downloaded report', () => {
  /** As RFC 4180 reads it. */
  const cells = (text: string): readonly (readonly string[])[] => {
    const rows: string[][] = [[]];
    const body = text.replace(/^\uFEFF/, '').replace(/\r\n$/, '');
    for (const [, quoted, plain, end] of body.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
      rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
      if (end === '') break;
      if (end === '\r\n') rows.push([]);
    }
    return rows;
  };

  it('keeps every name whole, and none is a formula', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', ',', ';', "'", 'a') }),
    );
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), (names) => {
        const members = names.map((name, index) => figures(index, name));
        const rows = cells(membersCsv({ members })).slice(1);
        expect(rows.map(([name]) => name?.replace(/^'(?=[=+\-@\t\r])/, ''))).toEqual(
          names.map((name) => name.replace(/^'(?=[=+\-@\t\r])/, '')),
        );
        for (const [name] of rows) expect(name).not.toMatch(/^[=+\-@\t\r]/);
        expect(rows.map((row) => row.length)).toEqual(names.map(() => 6));
      }),
    );
  });

  it('has a line a day, waits in seconds, and no column of what somebody may not see', () => {
    const waitMs = { p50: 61_000, p90: 3_600_400 };
    const whole = daysCsv(report([{ received: 12, begun: 3, sent: 7, resolved: 2, answered: 4, waitMs }, {}]));
    expect(cells(whole).slice(1)).toEqual([
      ['2026-03-01', '12', '3', '7', '2', '4', '61', '3600'],
      ['2026-03-02', '0', '0', '0', '0', '0', '', ''],
    ]);
    const unseen = { received: null, begun: null };
    const own = daysCsv(report([{ ...unseen, sent: 7 }], { total: { ...NOTHING, ...unseen } }));
    expect(own).not.toMatch(/Received|Begun/);
    expect(cells(own)[1]).toEqual(['2026-03-01', '7', '0', '0', '', '']);
  });
});

describe('reports', () => {
  const as = (role: Role): AppState => {
    const member = { ...aMember(ME), role };
    const inbox = { ...inboxOf(1, []), members: new Map([[ME, member]]) };
    const me = { user: {}, member, tenant: {} } as unknown as AppState['me'];
    return {
      ...INITIAL_APP,
      me,
      machine: { ...INITIAL_APP.machine, inbox },
      ui: { ...INITIAL_APP.ui, screen: 'reports' },
    };
  };

  it.each([
    ['tenant_admin', 'everybody'],
    ['manager', 'everybody'],
    ['agent', 'oneself'],
    ['super_admin', 'usage'],
  ] as const)('are there for a %s, about %s', (role, about) => {
    expect(shownScreen(as(role))).toBe('reports');
    expect(reportedOn(as(role))).toBe(about);
  });
});
