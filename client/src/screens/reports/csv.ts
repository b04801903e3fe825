/** Exports reports as CSV files for spreadsheets. Pure. */
import type { Report, Waits } from '../../../../src/contract/reports.ts';

type Cell = string | number | null;

/** Characters that a spreadsheet takes for the start of a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function cell(value: Cell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",;\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The CSV text, with the byte order mark by which Excel recognizes UTF-8. */
function csv(rows: readonly (readonly Cell[])[]): string {
  return `\uFEFF${rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')}`;
}

const WAITS = ['Half waited at most (s)', 'Nine in ten waited at most (s)'] as const;

const seconds = (waits: Waits | null): readonly Cell[] =>
  waits === null ? [null, null] : [Math.round(waits.p50 / 1000), Math.round(waits.p90 / 1000)];

/** One line per day. Received messages and new conversations only for those who may see them. */
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

/** One line per person. */
export function membersCsv({ members }: Pick<Report, 'members'>): string {
  const head = ['Colleague', 'Sent', 'Resolved', 'Answered', ...WAITS];
  return csv([
    head,
    ...members.map((one) => [one.displayName, one.sent, one.resolved, one.answered, ...seconds(one.waitMs)]),
  ]);
}
