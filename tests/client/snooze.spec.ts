import { expect, it } from 'vitest';
import { fieldTime, futureTime, snoozePresets } from '../../client/src/components/snooze.ts';

const monday = new Date(2026, 0, 5, 10).getTime();

it('snooze presets all lie ahead, Monday being the next one even on a Monday', () => {
  const presets = snoozePresets(monday);
  expect(presets.every((preset) => preset.until > monday)).toBe(true);
  expect(new Date(presets.at(-1)?.until ?? 0).getDate()).toBe(12);
});

it('no two snooze presets are the same time, on a Sunday either', () => {
  const sunday = new Date(2026, 0, 4, 10).getTime();
  const times = snoozePresets(sunday).map(({ until }) => until);
  expect(new Set(times).size).toBe(times.length);
  expect(times.at(-1)).toBe(new Date(2026, 0, 5, 9).getTime());
});

it('a time of one’s own is taken as the field has it, unless it has passed', () => {
  expect(fieldTime(monday)).toBe('2026-01-05T10:00');
  expect(futureTime('2026-01-05T10:01', monday)).toBe(monday + 60_000);
  expect(futureTime('2026-01-05T10:00', monday)).toBeNull();
  expect(futureTime('', monday)).toBeNull();
});
