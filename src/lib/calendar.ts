/** Days of a time zone as instants, using the runtime's time zone data. */

const DAY_MS = 86_400_000;

/** Every current time zone's offset is a multiple of this, so days begin and end at such quarters of an hour. */
export const QUARTER_MS = 900_000;
const QUARTERS_A_DAY = DAY_MS / QUARTER_MS;

/** One day: its date, the instant at which it begins and the one at which it ends. */
export interface Day {
  readonly date: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The days from `from` to `to` in a zone, both included. A day begins at the first quarter of an hour of its date,
 * which is not midnight where the clock is put forward at that moment. A date that a zone skipped has no duration.
 * Throws for an unknown zone.
 */
export function daysIn(timeZone: string, from: string, to: string): Day[] {
  // This locale formats dates as YYYY-MM-DD.
  const local = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const length = Math.round((dateMs(to) - dateMs(from)) / DAY_MS) + 2;
  const dates = Array.from({ length }, (_, n) => dateOf(dateMs(from) + n * DAY_MS));
  const starts: number[] = [];
  for (const date of dates) starts.push(startOf(date, local, starts.at(-1)));
  return dates.slice(0, -1).map((date, n) => ({ date, fromMs: starts[n] ?? 0, toMs: starts[n + 1] ?? 0 }));
}

/** The first quarter of an hour whose date is this one or later; most days begin 24 hours after the day before. */
function startOf(date: string, local: Intl.DateTimeFormat, before: number | undefined): number {
  const isThere = (ms: number): boolean => local.format(ms) >= date;
  const guess = (before ?? 0) + DAY_MS;
  if (before !== undefined && isThere(guess) && !isThere(guess - QUARTER_MS)) return guess;
  let [no, yes] = [dateMs(date) - QUARTERS_A_DAY * QUARTER_MS, dateMs(date) + QUARTERS_A_DAY * QUARTER_MS];
  while (yes - no > QUARTER_MS) {
    const middle = no + Math.floor((yes - no) / 2 / QUARTER_MS) * QUARTER_MS;
    if (isThere(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

function dateMs(date: string): number {
  return Date.parse(`${date}T00:00:00.000Z`);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
