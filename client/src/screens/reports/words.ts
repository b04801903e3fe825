/** Formats figures and days for people, in the browser's language. */

const whole = new Intl.NumberFormat();
// A day of a report is already a calendar date and belongs to no time zone.
const short = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const long = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });

/** A count with thousands separators. */
export function countOf(count: number): string {
  return whole.format(count);
}

/** A date without its year; `day` is yyyy-mm-dd. */
export function shortDay(day: string): string {
  return short.format(Date.parse(day));
}

/** A date with its weekday; `day` is yyyy-mm-dd. */
export function longDay(day: string): string {
  return long.format(Date.parse(day));
}
