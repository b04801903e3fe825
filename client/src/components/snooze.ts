/** The times a thread can be put aside until. */

const HOUR_MS = 3_600_000;

/** One choice; `until` in milliseconds. */
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

/** Presets from `now`, in the person's own time zone. */
export function snoozePresets(now: number): readonly SnoozePreset[] {
  const toMonday = (8 - new Date(now).getDay()) % 7 || 7;
  return [
    { key: '1h', label: 'For 1 hour', until: now + HOUR_MS },
    { key: '4h', label: 'For 4 hours', until: now + 4 * HOUR_MS },
    { key: 'tomorrow', label: 'Until tomorrow, 9:00', until: atNine(now, 1) },
    { key: 'monday', label: 'Until Monday, 9:00', until: atNine(now, toMonday) },
  ];
}
