import { afterAll, beforeAll, expect, it } from 'vitest';
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
  clock.adopt(Date.now() + HOUR_MS, performance.now());
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
  const minuteAgoMs = performance.now() - 60_000;
  expect(clock.adopt(clock.nowMs() - 1000, minuteAgoMs)).toBe(0);
  expect(clock.adopt(clock.nowMs() - 59_000, minuteAgoMs)).toBe(0);
  expect(minutesBetween(clock.nowMs(), Date.now())).toBe(0);
  expect(minutesBetween(clock.adopt(clock.nowMs() + HOUR_MS, performance.now()), 0)).toBe(60);
});
