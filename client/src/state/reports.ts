/** How reports are chosen, sorted and drawn. Pure. */
import type { MemberFigures, Report } from '../../../src/contract/reports.ts';
import { MAX_REPORT_DAYS } from '../../../src/contract/report-limits.ts';

/** The days to report on: a number of days up to today, or a range that somebody typed. */
export type RangeChoice =
  | { readonly kind: 'last'; readonly days: 1 | 7 | 30 }
  | { readonly kind: 'own'; readonly from: string; readonly to: string };

/** Inclusive of both days, as yyyy-mm-dd. */
export interface Range {
  readonly from: string;
  readonly to: string;
}

export const FIRST_CHOICE: RangeChoice = { kind: 'last', days: 7 };

const DAY_MS = 86_400_000;

/** The local date of an instant. */
export function localDay(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function daysBefore(day: string, count: number): string {
  return new Date(Date.parse(day) - count * DAY_MS).toISOString().slice(0, 10);
}

/** The days of a choice. */
export function rangeOf(choice: RangeChoice, nowMs: number): Range {
  if (choice.kind === 'own') return { from: choice.from, to: choice.to };
  const to = localDay(nowMs);
  return { from: daysBefore(to, choice.days - 1), to };
}

/** Why a range cannot be requested, as a sentence; null when it can. */
export function rangeProblem({ from, to }: Range): string | null {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (!Number.isInteger(days)) return 'Choose the first and the last day.';
  if (days < 1) return 'The last day is before the first.';
  return days > MAX_REPORT_DAYS ? `Choose ${String(MAX_REPORT_DAYS)} days or fewer.` : null;
}

/** The columns that people can be sorted by. */
export type Column = 'name' | 'sent' | 'resolved' | 'answered' | 'half' | 'most';

/** By which column, and whether the largest comes first. */
export interface Order {
  readonly column: Column;
  readonly isDown: boolean;
}

/** A person's value in a column; null when there is nothing to compare. */
function valueOf({ sent, resolved, answered, waitMs }: MemberFigures, column: Exclude<Column, 'name'>): number | null {
  return { sent, resolved, answered, half: waitMs?.p50 ?? null, most: waitMs?.p90 ?? null }[column];
}

/** Sorts people. Those without a value come last in either direction; ties are sorted by name. */
export function inOrder(members: readonly MemberFigures[], { column, isDown }: Order): readonly MemberFigures[] {
  const sign = isDown ? -1 : 1;
  const byName = (a: MemberFigures, b: MemberFigures): number => a.displayName.localeCompare(b.displayName);
  if (column === 'name') return [...members].sort((a, b) => sign * byName(a, b));
  return [...members].sort((a, b) => {
    const [one, other] = [valueOf(a, column), valueOf(b, column)];
    if (one === null || other === null) return Number(one === null) - Number(other === null) || byName(a, b);
    return sign * (one - other) || byName(a, b);
  });
}

/**
 * The order after a click on a column. A new column starts with the largest figure, names start with A. A second click
 * reverses.
 */
export function orderedBy(order: Order, column: Column): Order {
  return { column, isDown: order.column === column ? !order.isDown : column !== 'name' };
}

/** What the chart shows for one day. */
export interface Bar {
  readonly day: string;
  readonly received: number | null;
  readonly sent: number;
}

/** The bars, and the round number at the top of the scale. */
export function chartOf({ days }: Pick<Report, 'days'>): { readonly bars: readonly Bar[]; readonly top: number } {
  const bars = days.map(({ day, received, sent }) => ({ day, received, sent }));
  return { bars, top: roundUp(Math.max(0, ...bars.flatMap(({ received, sent }) => [received ?? 0, sent]))) };
}

/** The next number that is easy to halve and read: 2, 4, 6, 8, 10, 20, 40 … */
function roundUp(most: number): number {
  let step = 1;
  for (;;) {
    for (const factor of [2, 4, 6, 8, 10]) if (factor * step >= most) return factor * step;
    step *= 10;
  }
}

/** Whether nothing came in and nothing was done. */
export function isEmpty({ total }: Pick<Report, 'total'>): boolean {
  const { received, sent, begun, resolved, answered } = total;
  return (received ?? 0) + (begun ?? 0) + sent + resolved + answered === 0;
}
