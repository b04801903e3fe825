import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import type { LogEvent } from '../../src/contract/jobs.ts';
import { createLogReader, type LogRange, type LogReader, type RangeWanted } from '../../src/inbox/log-reader.ts';
import { RingShelf } from '../../src/realtime/ring.ts';
import { Tailer } from '../../src/realtime/tailer.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createTeam } from '../support/inbox.ts';
import { silentLog } from '../support/log.ts';

const MB = 1024 * 1024;
const LARGE = 30;
const rings = new RingShelf();

let db: TestDatabase;
let tenantId: TenantId;
beforeAll(async () => {
  db = await createTestDatabase();
  ({ tenantId } = await createTeam(db.database));
});
afterAll(async () => {
  await db.drop();
});

/** Events of `bytes` each, as a commit logs them; the head afterwards. */
async function logLarge(count: number, bytes: number): Promise<number> {
  return await db.database.transaction('test.large', async (tx) => {
    const [row] = await tx<{ head: number }[]>`
      update tenant_logs set head = head + ${count} where tenant_id = ${tenantId} returning head`;
    const head = row?.head ?? 0;
    await tx`
      insert into tenant_events (tenant_id, seq, at, type, data)
      select ${tenantId}, ${head - count} + n, now(), 'note.created', json_build_object('text', repeat('x', ${bytes}))
      from generate_series(1, ${count}) n`;
    return head;
  });
}

it('a log of huge events is followed in pieces of bounded size, and all of it', async () => {
  const reader = createLogReader(db.database);
  const pieces: LogRange[] = [];
  const watched: LogReader = {
    ...reader,
    range: async (wanted: RangeWanted) => {
      const range = await reader.range(wanted);
      if (range !== null) pieces.push(range);
      return range;
    },
  };
  const seen: LogEvent[] = [];
  const resets: string[] = [];
  const listener = {
    batch: (events: readonly LogEvent[]) => void seen.push(...events),
    reset: (reason: string) => void resets.push(reason),
  };
  const tailer = await Tailer.start({ tenantId, reader: watched, log: silentLog, listener, rings });
  const first = (tailer?.cursor.seq ?? 0) + 1;
  await tailer?.reach(await logLarge(LARGE, MB));
  expect(seen.map(({ seq }) => seq)).toEqual(Array.from({ length: LARGE }, (_, index) => first + index));
  expect(resets).toEqual([]);
  const sizes = pieces.map(({ events }) => JSON.stringify(events).length);
  expect(Math.max(...sizes)).toBeLessThan(10 * MB);
  expect(pieces.filter(({ events }) => events.length > 1).length).toBeGreaterThan(1);
});

it('an event that is larger than a piece comes alone', async () => {
  const head = await logLarge(2, 12 * MB);
  const range = await createLogReader(db.database).range({ tenantId, from: head - 2, to: head, limit: 10 });
  expect(range?.events.map(({ seq }) => seq)).toEqual([head - 1]);
});

it('who begins to follow such a log keeps nothing of it that does not reach the head', async () => {
  const listener = { batch: () => undefined, reset: () => undefined };
  const head = await logLarge(LARGE, MB);
  const tailer = await Tailer.start({
    ...{ tenantId, reader: createLogReader(db.database), log: silentLog, listener, rings },
  });
  expect(tailer?.cursor.seq).toBe(head);
  expect(tailer?.since(head)).toEqual([]);
  expect(tailer?.since(head - 1)).toBeNull();
});
