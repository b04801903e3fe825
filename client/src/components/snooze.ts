/** The times that a thread can be snoozed until. */
import { timeOf } from './format.ts';

const HOUR_MS = 3_600_000;

/** One choice; `until` is in milliseconds since 1970. */
export interface SnoozePreset {
  readonly key: string;
  readonly label: string;
  readonly until: number;
}

function atNine(now: number, days: number): number {
  const date = new Date(now);
  date.setDate(date.getDate() + days);
  return date.setHours(9, 0, 0, 0);
}

/** Presets from `now`, in the person's time zone. If Monday is tomorrow, only "tomorrow" is offered. */
export function snoozePresets(now: number): readonly SnoozePreset[] {
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  const tomorrow = atNine(now, 1);
  const nine = timeOf(tomorrow);
  return [
    { key: '1h', label: 'For 1 hour', until: now + HOUR_MS },
    { key: '4h', label: 'For 4 hours', until: now + 4 * HOUR_MS },
    { key: 'tomorrow', label: `Until tomorrow, ${nine}`, until: tomorrow },
    ...(toMonday === 1 ? [] : [{ key: 'monday', label: `Until Monday, ${nine}`, until: atNine(now, toMonday) }]),
  ];
}

const two = (value: number): string => String(value).padStart(2, '0');

/** An instant as a `datetime-local` field value, in the person's time zone. */
export function fieldTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The value of such a field in milliseconds; null if it is empty or in the past. */
export function futureTime(field: string, now: number): number | null {
  const ms = new Date(field).getTime();
  return ms > now ? ms : null;
}
