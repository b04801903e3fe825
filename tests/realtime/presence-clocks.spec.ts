/** How a member chose to appear last counts, whatever the clock of the node that was told. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { PresenceBoard } from '../../src/realtime/presence-board.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam } from '../support/inbox.ts';
import { silentLog } from '../support/log.ts';
import { hire } from '../support/node.ts';
import { connectRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';

const HOUR_MS = 3_600_000;

let db: TestDatabase;
let redis: RedisClient;
beforeAll(async () => {
  db = await createTestDatabase();
  redis = await connectRedis(testRedisUrl(), 'volatile');
});
afterAll(async () => {
  await closeRedis(redis);
  await db.drop();
});

it('a choice replaces one that was made before the clock was put back', async () => {
  const { tenantId } = await createTeam(db.database);
  const { memberId } = await hire(db.database, tenantId, 'agent');
  let shiftMs = HOUR_MS;
  const clock: Clock = {
    nowMs: () => Date.now() + shiftMs,
    now: () => new Date(Date.now() + shiftMs),
  };
  const [one, two] = twoBoards(clock);
  const both = [one, two];
  for (const board of both) board.join(tenantId, memberId);
  one.choose(tenantId, memberId, 'busy');
  const all = (state: string): boolean => both.every((board) => board.stateOf(tenantId)(memberId) === state);
  await waitFor(() => all('busy'), { what: 'both nodes to know that the member is busy' });
  shiftMs = 0;
  two.choose(tenantId, memberId, 'away');
  await waitFor(() => all('away'), { what: 'both nodes to know that the member is away' });
  await Promise.all(both.map((board) => board.release()));
});

/** Two nodes; each hears of the other's changes at once. */
function twoBoards(clock: Clock): [PresenceBoard, PresenceBoard] {
  const board = (other: () => PresenceBoard): PresenceBoard =>
    new PresenceBoard({
      ...{ node: randomUUID(), redis, database: db.database, clock, log: silentLog, emit: () => undefined },
      announce: (tenantId: TenantId) => {
        other().changedElsewhere(tenantId);
      },
    });
  const one = board(() => two);
  const two = board(() => one);
  return [one, two];
}
