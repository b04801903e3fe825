import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSessions } from '../../src/inbox/team/session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createTeam, customerWrites } from '../support/inbox.ts';
import { hire } from '../support/node.ts';
import { startTestStandby, type TestStandby } from '../support/standby.ts';
import { createSystem, SECRETS, type System, type Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

let db: TestStandby;
let system: System;
let nodes: Worker[];
let token: string;
let threadId: string;

beforeAll(async () => {
  db = await startTestStandby();
  system = await createSystem({ env: { DATABASE_URL: db.url, DATABASE_REPLICA_URL: db.standbyUrl } });
  nodes = await Promise.all([system.spawn('server'), system.spawn('server')]);
  const tenant = await createTeam(db.database);
  ({ threadId } = await customerWrites(db.database, tenant));
  const { userId } = await hire(db.database, tenant.tenantId, 'manager');
  const sessions = { database: db.database, clock: systemClock, supabase: { url: null, jwtSecret: null } };
  token = createSessions({ ...sessions, secret: SECRETS.APP_JWT_SECRET }).issue(userId).token;
  await db.caughtUp();
});
afterAll(async () => {
  await system.stop();
  await db.drop();
});

async function call(node: Worker | undefined, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return await fetch(`${node?.url ?? ''}${path}`, { ...init, headers });
}

async function shownStatus(node: Worker | undefined): Promise<string | undefined> {
  const response = await call(node, '/api/inbox/conversations');
  const { items } = (await response.json()) as { items: { id: string; status: string }[] };
  return items.find(({ id }) => id === threadId)?.status;
}

async function readsOf(node: Worker | undefined, result: string): Promise<number> {
  const text = await (await call(node, '/metrics')).text();
  const line = text.split('\n').find((one) => one.startsWith(`hunfly_db_replica_reads_total{result="${result}"}`));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Asks until the node has read a list in this way. */
async function isRead(node: Worker | undefined, result: 'served' | 'resting'): Promise<void> {
  const before = await readsOf(node, result);
  await waitFor(
    async () => {
      await shownStatus(node);
      return (await readsOf(node, result)) > before;
    },
    { deadlineMs: 30_000, what: `a list that is ${result}` },
  );
}

const warnings = (node: Worker | undefined): number =>
  readFileSync(node?.logFile ?? '', 'utf8')
    .split('\n')
    .filter((line) => line.includes('Reads go to the primary')).length;

describe('gateways with a replica', () => {
  it('read lists on it', async () => {
    for (const node of nodes) await isRead(node, 'served');
  });

  it('show on one what was answered on the other a moment ago, though the replica has none of it', async () => {
    await db.pause();
    for (const status of ['pending', 'open', 'pending', 'resolved', 'open']) {
      const changed = await call(nodes[0], `/api/inbox/conversations/${threadId}/status`, {
        method: 'PATCH',
        body: JSON.stringify({ status }),
      });
      expect(changed.status).toBe(200);
      expect(await shownStatus(nodes[1])).toBe(status);
    }
    await db.resume();
  });

  it.each(['kill', 'freeze'] as const)(
    'are ready and answer as ever when it is gone (%s), and say so once',
    async (how) => {
      const [node] = nodes;
      await isRead(node, 'served');
      const before = warnings(node);
      await db[how]();
      try {
        const answers = await Promise.all(Array.from({ length: 40 }, () => shownStatus(node)));
        expect(new Set(answers)).toEqual(new Set(['open']));
        expect((await call(node, '/health/ready')).status).toBe(200);
        await isRead(node, 'resting');
        expect(await shownStatus(node)).toBe('open');
        await waitFor(() => warnings(node) === before + 1, { what: 'one warning' });
      } finally {
        if (how === 'kill') await db.restart();
        else db.thaw();
      }
      await isRead(node, 'served');
    },
  );
});
