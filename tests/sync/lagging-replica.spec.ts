import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../src/lib/backoff.ts';
import type { Replica } from '../../src/platform/postgres-replica.ts';
import { HoppingClient, seeded, threadsInDatabase, writeSome } from '../support/convergence.ts';
import { testRedisUrl } from '../support/environment.ts';
import { createTeam, customerWrites, type TestTenant } from '../support/inbox.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { credulous, observed } from '../support/replica-counts.ts';
import { startTestStandby, type TestStandby } from '../support/standby.ts';
import { waitFor } from '../support/wait.ts';

const PEOPLE = 12;
const THREADS = 60;
const WRITERS = 3;
const EVENTS = 400;
/** Snapshots per person at least. */
const SNAPSHOTS = 4;
const QUIET_MS = 30_000;
/** As long as a storm takes where others need the machine too. */
const STORM_MS = 180_000;

const random = seeded(20_261_127);

interface World {
  readonly tenant: TestTenant;
  readonly people: Person[];
  readonly threads: string[];
}

let db: TestStandby;
beforeAll(async () => {
  db = await startTestStandby();
});
afterAll(async () => {
  await db.drop();
});

async function createWorld(): Promise<World> {
  const tenant = await createTeam(db.database, 'own_and_unassigned');
  const people: Person[] = [];
  for (let n = 0; n < PEOPLE; n += 1)
    people.push(await hire(db.database, tenant.tenantId, n < 3 ? 'manager' : 'agent'));
  const threads: string[] = [];
  for (let n = 0; n < THREADS; n += 1) threads.push((await customerWrites(db.database, tenant)).threadId);
  return { tenant, people, threads };
}

/** Two gateways that read on the standby, through `trust`. */
async function startNodes(trust: (replica: Replica) => Replica): Promise<TestNode[]> {
  return await Promise.all(
    ['one', 'two'].map((name) => startNode(db, testRedisUrl(), { name, replica: trust(db.reads()) })),
  );
}

/** How far a storm is. */
interface Progress {
  readonly written: number;
  readonly snapshots: number;
  readonly violations: readonly string[];
}

const isMuch = ({ written, snapshots }: Progress): boolean => written >= EVENTS && snapshots >= SNAPSHOTS * PEOPLE;

/** Those who are connected in the end, and what those before them must never see. */
interface Outcome {
  readonly clients: readonly HoppingClient[];
  readonly violations: readonly string[];
}

/**
 * Writers at full pace, a standby that stands still every now and then, people who begin anew all the time, until it
 * `isEnough`; in the end everybody is connected.
 */
async function storm(
  world: World,
  nodes: readonly TestNode[],
  isEnough: (progress: Progress) => boolean,
): Promise<Outcome> {
  const violations: string[] = [];
  let written = 0;
  let snapshots = 0;
  const going = (): boolean => !isEnough({ written, snapshots, violations });
  const assignees = [...world.people.map(({ memberId }) => memberId), null, null, null, null];
  const writing = Array.from({ length: WRITERS }, async () => {
    while (going()) {
      const logged = await writeSome(db.database, world.tenant, { threads: world.threads, assignees, random });
      written += logged.length;
      nodes[0]?.publish(logged);
      await pause(20 + random() * 60);
    }
  });
  const lagging = (async () => {
    while (going()) {
      await db.pause();
      await pause(random() * 300);
      await db.resume();
      await pause(random() * 300);
    }
  })();
  const beginning = world.people.map(async (person) => {
    for (;;) {
      const client = new HoppingClient(person, nodes, random);
      await client.connect();
      snapshots += 1;
      if (!going()) return client;
      await pause(random() * 400);
      client.cut();
      if (random() < 0.5) {
        await client.connect();
        await pause(random() * 200);
        client.cut();
      }
      violations.push(...client.reducer.violations);
    }
  });
  const [clients] = await Promise.all([Promise.all(beginning), ...writing, lagging]);
  return { clients, violations };
}

/** What is wrong with the clients now. */
async function differences(world: World, clients: readonly HoppingClient[]): Promise<string[]> {
  const found: string[] = [];
  for (const [index, { reducer, person }] of clients.entries()) {
    const sees = (assigneeId: string | null): boolean =>
      index < 3 || assigneeId === null || assigneeId === person.memberId;
    const stored = await threadsInDatabase(db.database, world.tenant, sees);
    const held = new Map([...reducer.threads].map(([id, thread]) => [id, thread.version]));
    if (JSON.stringify([...held].sort()) !== JSON.stringify([...stored].sort())) found.push(`${String(index)} differs`);
    found.push(...reducer.violations.map((violation) => `${String(index)}: ${violation}`));
  }
  return found;
}

/** What is still wrong with them a while after the last commit. */
async function leftOver(world: World, clients: readonly HoppingClient[]): Promise<string[]> {
  const isRight = async (): Promise<boolean> => (await differences(world, clients)).length === 0;
  await waitFor(isRight, { deadlineMs: QUIET_MS }).catch(() => undefined);
  const left = await differences(world, clients);
  for (const client of clients) client.cut();
  return left;
}

describe('screens that begin from a replica', () => {
  let nodes: TestNode[] = [];
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it(
    'equal the database soon after the last commit, however far the replica lagged',
    async () => {
      const world = await createWorld();
      await db.caughtUp();
      nodes = await startNodes((replica) => replica);
      const seen = new Set<string>();
      // Whether anybody begins just when it lags is chance: as many storms as it takes.
      while (!(seen.has('served') && seen.has('behind'))) {
        const { answer, by } = await observed(() => storm(world, nodes, isMuch));
        for (const one of by) seen.add(one);
        expect(answer.violations).toEqual([]);
        expect(await leftOver(world, answer.clients)).toEqual([]);
      }
    },
    STORM_MS,
  );
});

describe('the same with a replica that is believed whatever it has', () => {
  let nodes: TestNode[] = [];
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it(
    'begins screens with a gap before the first event',
    async () => {
      const world = await createWorld();
      await db.caughtUp();
      nodes = await startNodes(credulous);
      const hasGap = (found: readonly string[]): boolean => found.some((violation) => violation.startsWith('a gap'));
      // Ends with the first gap, whenever chance brings it.
      const { clients, violations } = await storm(world, nodes, (progress) => hasGap(progress.violations));
      for (const client of clients) client.cut();
      expect(hasGap(violations)).toBe(true);
    },
    STORM_MS,
  );
});
