import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clockPart, SharedClock } from '../../src/platform/shared-clock.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';

const HOUR_MS = 3_600_000;

let test: TestDatabase;
beforeAll(async () => {
  test = await createTestDatabase();
});
afterAll(async () => {
  await test.drop();
});

/** How far two instants are apart, in whole minutes. */
const minutesBetween = (one: number, other: number): number => Math.round(Math.abs(one - other) / 60_000);

it('is the time of this machine until Postgres is asked', () => {
  const clock = new SharedClock();
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(0);
  expect(Number.isInteger(clock.nowMs())).toBe(true);
  expect(minutesBetween(clock.now().getTime(), Date.now())).toBe(0);
});

it('goes on where the clock of this machine is set meanwhile', () => {
  const clock = new SharedClock();
  const before = clock.nowMs();
  const real = Date.now;
  Date.now = () => real() - HOUR_MS;
  try {
    expect(minutesBetween(clock.nowMs(), before)).toBe(0);
  } finally {
    Date.now = real;
  }
});

it('is the time of Postgres once its part has started', async () => {
  const clock = new SharedClock();
  clock.adopt(Date.now() + HOUR_MS, clock.steadyMs());
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(60);
  const part = clockPart({ clock, log: silentLog }, test.database);
  await part.start();
  await part.stop();
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(0);
});

it('starts without Postgres, with the time it has', async () => {
  const clock = new SharedClock();
  const away: Database = { ...test.database, run: () => Promise.reject(new Error('Postgres is away.')) };
  const part = clockPart({ clock, log: silentLog }, away);
  await part.start();
  await part.stop();
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(0);
});

it('does not move for a difference that the way to Postgres and back may explain', () => {
  const clock = new SharedClock();
  const minuteAgoMs = clock.steadyMs() - 60_000;
  expect(clock.adopt(clock.nowMs() - 1000, minuteAgoMs)).toBe(0);
  expect(clock.adopt(clock.nowMs() - 59_000, minuteAgoMs)).toBe(0);
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(0);
  expect(minutesBetween(clock.adopt(clock.nowMs() + HOUR_MS, clock.steadyMs()), 0)).toBe(60);
});

it('moves no further than an answer that took long proves', () => {
  const clock = new SharedClock();
  const minutesAgoMs = clock.steadyMs() - 10 * 60_000;
  // Read on the way there, or on the way back: ten minutes and a second later it is ten minutes old, or a second ahead.
  expect(Math.round(clock.adopt(clock.nowMs() - 601_000, minutesAgoMs) / 1000)).toBe(-1);
  expect(Math.round(clock.adopt(clock.nowMs() + 1000, minutesAgoMs) / 1000)).toBe(1);
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(0);
});

it('goes on while the machine sleeps', () => {
  const clock = new SharedClock();
  const before = { nowMs: clock.nowMs(), steadyMs: clock.steadyMs() };
  const real = performance.now.bind(performance);
  // After an hour of sleep performance.now() is an hour behind the rest.
  const asleep = vi.spyOn(performance, 'now').mockImplementation(() => real() - HOUR_MS);
  try {
    expect(minutesBetween(clock.nowMs(), before.nowMs)).toBe(0);
    // Postgres answered before the machine fell asleep.
    clock.adopt(before.nowMs - HOUR_MS + 60_000, before.steadyMs - HOUR_MS);
    expect(minutesBetween(clock.nowMs(), before.nowMs)).toBe(0);
  } finally {
    asleep.mockRestore();
  }
});
