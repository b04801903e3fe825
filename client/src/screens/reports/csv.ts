/** Reports as files that spreadsheets open. Pure. */
import type { Report, Waits } from '../../../../src/contract/reports.ts';

type Cell = string | number | null;

/** What a spreadsheet would take for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Cell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** With the mark by which Excel knows UTF-8. */
function csv(rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

const WAITS = ['Half waited at most (s)', 'Nine in ten waited at most (s)'] as const;

const seconds = (waits: Waits | null): readonly Cell[] =>
  waits === null ? [null, null] : [Math.round(waits.p50 / 1000), Math.round(waits.p90 / 1000)];

/** A line a day; what was received and begun only for who sees it. */
export function daysCsv({ days, total }: Pick<Report, 'days' | 'total'>): string {
  const isWhole = total.received !== null;
  const head = [...(isWhole ? ['Received', 'Begun'] : []), 'Sent', 'Resolved', 'Answered', ...WAITS];
  const rows = days.map(({ received, begun, sent, resolved, answered, waitMs }) => [
    ...(isWhole ? [received, begun] : []),
    ...[sent, resolved, answered],
    ...seconds(waitMs),
  ]);
  return csv([['Day', ...head], ...days.map(({ day }, index) => [day, ...(rows[index] ?? [])])]);
}

/** A line a person. */
export function membersCsv({ members }: Pick<Report, 'members'>): string {
  const head = ['Colleague', 'Sent', 'Resolved', 'Answered', ...WAITS];
  return csv([
    head,
    ...members.map((one) => [one.displayName, one.sent, one.resolved, one.answered, ...seconds(one.waitMs)]),
  ]);
}
