/** Formats times, sizes and names for people, in the browser's language. */

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const yearDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: '2-digit' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const DAY_MS = 86_400_000;

const midnight = (ms: number): number => new Date(ms).setHours(0, 0, 0, 0);

/** Hour and minute. */
export function timeOf(instant: string | number): string {
  return clock.format(new Date(instant));
}

/** Date and time, for tooltips. */
export function fullTime(instant: string): string {
  return full.format(new Date(instant));
}

/** A time as lists show it: the time today, then "Yesterday", the weekday, and the date. */
export function listTime(instant: string, now: number): string {
  const date = new Date(instant);
  const days = Math.round((midnight(now) - midnight(date.getTime())) / DAY_MS);
  if (days <= 0) return clock.format(date);
  if (days === 1) return 'Yesterday';
  if (days < 7) return weekday.format(date);
  return days < 300 ? shortDay.format(date) : yearDay.format(date);
}

/** An end time in short form: the time today, then weekday and time, then the date. */
export function untilTime(instant: string, now: number): string {
  const date = new Date(instant);
  const days = Math.round((midnight(date.getTime()) - midnight(now)) / DAY_MS);
  if (days <= 0) return clock.format(date);
  if (days < 7) return `${weekday.format(date)} ${clock.format(date)}`;
  return days < 300 ? shortDay.format(date) : yearDay.format(date);
}

/** The heading of a day in a timeline; `day` is yyyy-mm-dd. */
export function dayTitle(day: string, now: number): string {
  const date = new Date(`${day}T12:00:00`);
  const days = Math.round((midnight(now) - midnight(date.getTime())) / DAY_MS);
  if (days === 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days < 300 ? longDay.format(date) : `${longDay.format(date)} ${String(date.getFullYear())}`;
}

/** A duration as `3 d 4 h`, `1 h 12 min`, `12 min` or `40 s`. */
export function spanOf(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return `${String(Math.max(0, Math.floor(ms / 1000)))} s`;
  if (minutes < 60) return `${String(minutes)} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${String(hours)} h ${String(minutes % 60)} min`;
  return `${String(Math.floor(hours / 24))} d ${String(hours % 24)} h`;
}

/** Bytes as B, kB or MB. */
export function sizeOf(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  if (bytes < 1_000_000) return `${String(Math.round(bytes / 1000))} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Seconds as `0:07` or `1:02:30`. */
export function clockOf(seconds: number): string {
  const whole = Math.floor(Math.max(0, seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours === 0 ? `${String(minutes)}:${two(whole % 60)}` : `${String(hours)}:${two(minutes)}:${two(whole % 60)}`;
}

/** Characters that embed, override or isolate the writing direction. */
const TURNING = /[\u202A-\u202E\u2066-\u2069]/g;

/** A file name that cannot hide its extension by reversing the text direction. */
export function shownName(filename: string): string {
  return filename.replace(TURNING, '\uFFFD');
}

/** A file type as people know it: the extension, else the last part of the media type. */
export function fileType(mime: string, filename: string | null): string {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(filename ?? '')?.[1];
  const subtype = mime.split(/[;/]/)[1]?.split(/[.+-]/).at(-1) ?? mime;
  return (ending ?? subtype).toUpperCase().slice(0, 8);
}

/** The name of a language from a carrier's code such as `pt_BR`; the code itself if the language is unknown. */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(undefined, { type: 'language' }).of(code.replace('_', '-')) ?? code;
  } catch {
    return code;
  }
}

/** `HIGH_VOLUME` as `High volume`. */
export function constantWords(constant: string): string {
  const words = constant.toLowerCase().replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** An amount in its currency; a plain number if the currency is unknown. */
export function moneyOf(amount: number, currency: string | null): string {
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency: currency ?? '' }).format(amount);
  } catch {
    return [amount.toFixed(2), currency].filter(Boolean).join(' ');
  }
}

const firstLetter = (word: string): string =>
  String.fromCodePoint(...[word.codePointAt(0)].filter((code) => code !== undefined));

/** Initials of a name: one or two letters; `#` when it has none. */
export function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  const first = words[0];
  if (first === undefined) return '#';
  const last = words.length > 1 ? (words.at(-1) ?? '') : '';
  return `${firstLetter(first)}${firstLetter(last)}`.toUpperCase();
}

/** A stable color number from 0 to 7 for an id or name. */
export function hueOf(text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index += 1) sum = (sum * 31 + text.charCodeAt(index)) >>> 0;
  return sum % 8;
}
