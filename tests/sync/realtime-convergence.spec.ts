import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pause } from '../../src/lib/backoff.ts';
import type { Database } from '../../src/platform/postgres.ts';
import type { HintSource } from '../../src/realtime/feeds.ts';
import { HoppingClient, missing, seeded, threadsInDatabase, writeSome } from '../support/convergence.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites, type TestTenant } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

const CLIENTS = 50;
const MANAGERS = 8;
const THREADS = 120;
const WRITERS = 8;
/** One round: so many events, and so many cuts per client on average, however fast the machine is. */
const EVENTS = 2500;
const CUTS = 2;
/** What a client may be behind after the last commit, with every hint lost, on a busy machine. */
const QUIET_MS = 30_000;
/** As long as a storm takes where others need the machine too. */
const STORM_MS = 180_000;

let loss = 0;
const random = seeded(20_260_301);

/** Drops hints with the probability that the test sets. */
const lossy =
  (source: HintSource): HintSource =>
  (handler) =>
    source((payload) => {
      if (Math.random() >= loss) handler(payload);
    });

interface World {
  readonly db: TestDatabase;
  readonly writer: Database;
  readonly nodes: TestNode[];
  readonly tenant: TestTenant;
  readonly clients: HoppingClient[];
  readonly threads: string[];
}

async function createWorld(): Promise<World> {
  const db = await createTestDatabase();
  const nodes = [
    await startNode(db, testRedisUrl(), { name: 'one', throughHints: lossy }),
    await startNode(db, testRedisUrl(), { name: 'two', throughHints: lossy }),
  ];
  const tenant = await createTeam(db.database, 'own_and_unassigned');
  const clients: HoppingClient[] = [];
  for (let index = 0; index < CLIENTS; index += 1) {
    const person = await hire(db.database, tenant.tenantId, index < MANAGERS ? 'manager' : 'agent');
    clients.push(new HoppingClient(person, nodes, random));
  }
  const threads: string[] = [];
  for (let index = 0; index < THREADS; index += 1) threads.push((await customerWrites(db.database, tenant)).threadId);
  return { db, writer: db.open({ transactionPool: WRITERS }), nodes, tenant, clients, threads };
}

async function destroy(world: World): Promise<void> {
  for (const client of world.clients) client.cut();
  await Promise.all(world.nodes.map((node) => node.stop()));
  await world.db.drop();
}

async function head(world: World): Promise<number> {
  const [row] = await world.db.database.run(
    'test.head',
    (sql) => sql<{ head: number }[]>`select head from tenant_logs where tenant_id = ${world.tenant.tenantId}`,
  );
  return row?.head ?? 0;
}

/** Writers at full pace and clients that are cut at random; in the end everybody is connected. */
async function storm(world: World, events: number): Promise<void> {
  let [written, cuts] = [0, 0];
  const going = (): boolean => written < events || cuts < CUTS * CLIENTS;
  const assignees = [...world.clients.map(({ person }) => person.memberId), ...Array<null>(20).fill(null)];
  const writing = Array.from({ length: WRITERS }, async () => {
    while (going()) {
      const logged = await writeSome(world.writer, world.tenant, { threads: world.threads, assignees, random });
      written += logged.length;
      world.nodes[0]?.publish(logged);
      await pause(random() * 10);
    }
  });
  const hopping = world.clients.map(async (client) => {
    while (going()) {
      await pause(100 + random() * 1400);
      client.cut();
      cuts += 1;
      if (random() < 0.5) await pause(random() * 300);
      await client.connect();
    }
  });
  await Promise.all([...writing, ...hopping]);
}

/** What is wrong with the clients now; empty when they all equal the database. */
async function differences(world: World, startSeq: number): Promise<string[]> {
  const found: string[] = [];
  const to = await head(world);
  for (const [index, { reducer, person }] of world.clients.entries()) {
    const sees = (assigneeId: string | null): boolean =>
      index < MANAGERS || assigneeId === null || assigneeId === person.memberId;
    const stored = await threadsInDatabase(world.db.database, world.tenant, sees);
    const held = new Map([...reducer.threads].map(([id, thread]) => [id, thread.version]));
    if (reducer.cursor?.seq !== to)
      found.push(`client ${String(index)} is at ${String(reducer.cursor?.seq)} of ${String(to)}`);
    if (JSON.stringify([...held].sort()) !== JSON.stringify([...stored].sort()))
      found.push(`client ${String(index)} differs`);
    const lost = index < MANAGERS ? missing(reducer.taken, startSeq, to) : [];
    if (lost.length > 0) found.push(`client ${String(index)} missed ${String(lost.length)} events`);
    found.push(...reducer.violations.map((violation) => `client ${String(index)}: ${violation}`));
  }
  return found;
}

describe('clients that are cut at random and hop between nodes', () => {
  let world: World;
  let startSeq = 0;

  beforeAll(async () => {
    world = await createWorld();
    await Promise.all(world.clients.map((client) => client.connect()));
    await world.db.database.run('test.analyze', (sql) => sql`analyze`);
    startSeq = world.clients[0]?.reducer.cursor?.seq ?? 0;
    for (const { reducer } of world.clients) expect(reducer.cursor?.seq).toBe(startSeq);
  });
  afterAll(async () => {
    await destroy(world);
  });

  test.each([0, 0.2, 1])(
    'all equal the database soon after the last commit when a share of %d of the hints is lost',
    async (lost) => {
      loss = lost;
      await storm(world, EVENTS);
      const options = { deadlineMs: QUIET_MS, what: 'convergence' };
      const converged = waitFor(async () => (await differences(world, startSeq)).length === 0, options);
      await converged.catch(async () => {
        expect(await differences(world, startSeq)).toEqual([]);
      });
    },
    STORM_MS,
  );
});

describe('the same harness over a log that is numbered by a sequence', () => {
  let world: World;

  beforeAll(async () => {
    loss = 0.2;
    world = await createWorld();
    await breakNumbering(world);
    await Promise.all(world.clients.map((client) => client.connect()));
  });
  afterAll(async () => {
    await destroy(world);
  });

  test(
    'loses events for good: numbers become visible out of order',
    async () => {
      const [watcher] = world.clients;
      const start = watcher?.reducer.cursor?.seq ?? 0;
      let lost: number[] = [];
      // Ends with the first loss, whenever chance brings it.
      while (lost.length === 0) {
        await storm(world, 300);
        await waitFor(async () => (watcher?.reducer.cursor?.seq ?? 0) >= (await head(world)), { deadlineMs: QUIET_MS });
        lost = await neverTaken(world, start);
      }
      expect(lost.length).toBeGreaterThan(0);
    },
    STORM_MS,
  );
});

/** Numbers in the log at or below the cursor of the first client, which sees everything, that it was never offered. */
async function neverTaken(world: World, start: number): Promise<number[]> {
  const reducer = world.clients[0]?.reducer;
  const taken = new Set(reducer?.taken.map((event) => event.seq));
  const rows = await world.db.database.run(
    'test.seqs',
    (sql) => sql<{ seq: number }[]>`
      select seq from tenant_events
      where tenant_id = ${world.tenant.tenantId} and seq > ${start} and seq <= ${reducer?.cursor?.seq ?? 0}`,
  );
  return rows.map(({ seq }) => seq).filter((seq) => !taken.has(seq));
}

/** The tempting way: a sequence instead of a counter locked to commit, and the highest visible number as the head. */
async function breakNumbering(world: World): Promise<void> {
  await world.db.database.transaction('test.break', async (tx) => {
    await tx`create sequence broken_seq start 1000`;
    await tx`alter table tenant_logs rename to tenant_logs_stored`;
    await tx`create view tenant_logs as select l.tenant_id, l.epoch,
      greatest(l.head, (select coalesce(max(e.seq), 0) from tenant_events e where e.tenant_id = l.tenant_id)) as head
      from tenant_logs_stored l`;
    await tx`grant select on tenant_logs to hunfly_app`;
    await tx`update tenant_logs_stored set head = 999`;
    await tx`
      create or replace function log_changes(changes change[])
      returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
      language plpgsql security definer set search_path = public as $$
      #variable_conflict use_column
      begin
        return query
          with written as (
            insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
            select c.tenant_id, nextval('broken_seq'), clock_timestamp(), c.type, c.thread_id, c.before, t.assignee_id, false, null,
              json_build_object('thread', thread_json(t))
            from unnest(changes) c join threads t on t.tenant_id = c.tenant_id and t.id = c.thread_id
            returning e.*)
          select w.tenant_id, l.epoch, w.seq, w.type, w.received_at_ms, log_event_json(row(w.*)::tenant_events)
          from written w join tenant_logs_stored l on l.tenant_id = w.tenant_id order by w.seq;
      end
      $$`;
  });
}
