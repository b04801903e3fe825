/** Commands of an operator whose machine's clock is wrong. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import { runCli } from '../../src/cli/run.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';
import { SECRETS } from '../support/system.ts';
import { createTeam } from '../support/team.ts';

const HOUR_MS = 3_600_000;

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(async () => {
  await db.drop();
});

it.each([
  ['behind', -HOUR_MS],
  ['ahead', HOUR_MS],
])('a token lives as long as was asked for where the clock is an hour %s', async (which, shiftMs) => {
  const { tenantId } = await createTeam(db.database);
  const email = `${which}@example.com`;
  await addMember(db.database, { tenantId, email, name: 'Ana', role: 'agent', password: null });
  const config = loadConfig({ ...SECRETS, DATABASE_URL: db.url, REDIS_URL: 'redis://127.0.0.1:1' });
  const nowMs = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs + shiftMs });
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const shared = { config, log: silentLog, clock: systemClock, database: () => db.database };
  const context = { ...shared, announce: () => Promise.resolve() };
  await runCli(['token', '--email', email, '--ttl-s', '600', '--json'], { commands: CLI_COMMANDS, io, context });
  const { expiresAt } = JSON.parse(out) as { expiresAt: string };
  expect(Math.round((Date.parse(expiresAt) - nowMs) / HOUR_MS)).toBe(0);
});
