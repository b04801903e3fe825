import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { metrics } from '../../src/platform/metrics.ts';
import type { Replica, ReplicaOptions, Standing } from '../../src/platform/postgres-replica.ts';
import type { Tx } from '../../src/platform/postgres.ts';
import { recordingLog } from '../support/log.ts';
import { observed } from '../support/replica-counts.ts';
import { startTestStandby, type TestStandby } from '../support/standby.ts';
import { waitFor } from '../support/wait.ts';

let db: TestStandby;
beforeAll(async () => {
  db = await startTestStandby();
  const now = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => now() + restedMs);
});
afterAll(async () => {
  await db.drop();
});

const TENANT = randomUUID();

const standing = async (tx: Tx): Promise<Standing> => {
  const [row] = await tx<{ is: boolean }[]>`select pg_is_in_recovery() as is`;
  return row?.is === true ? 'level' : 'primary';
};

/** What the replica answers; null: to be read on the primary. */
async function read<T>(replica: Replica, work: (tx: Tx) => Promise<T>, tenantId = TENANT): Promise<T | null> {
  const found = await replica.read(tenantId, 'test.read', () => Promise.resolve({ standing, work }));
  return found === null ? null : found.value;
}

const one = async (tx: Tx): Promise<number> => (await tx<{ n: number }[]>`select 1 as n`)[0]?.n ?? 0;

/** Connections that the gauge says are in use or waited for. */
async function held(): Promise<number> {
  const { values } = await metrics.dbPoolConnections.get();
  return values.reduce((sum, { labels, value }) => sum + (labels.state === 'idle' ? 0 : value), 0);
}

/** What the connections of this name on the standby have done last. */
async function lastStatements(applicationName: string): Promise<string[]> {
  const standby = db.open({ url: db.standbyUrl, statementPool: 1 });
  const rows = await standby.run(
    'test.last',
    (sql) => sql<{ query: string }[]>`select query from pg_stat_activity where application_name = ${applicationName}`,
  );
  return rows.map(({ query }) => query);
}

/** Longer than nobody asks a replica that does not serve. */
const REST_MS = 6000;
let restedMs = 0;

/** As if nothing had happened for so long. */
function rest(): void {
  restedMs += REST_MS;
}

/** Reads until one is served again, after a rest. */
async function isBack(replica: Replica): Promise<void> {
  rest();
  await waitFor(async () => (await read(replica, one)) === 1, { deadlineMs: 30_000, what: 'the replica to serve' });
}

function logged(options: Partial<ReplicaOptions> = {}): { replica: Replica; lines: Record<string, unknown>[] } {
  const { log, lines } = recordingLog('info');
  return { replica: db.reads({ log, ...options }), lines };
}

describe('a replica that is away', () => {
  it('sends readers to the primary, all but the first without asking, and serves again once it is back', async () => {
    const { replica, lines } = logged();
    expect(await read(replica, one)).toBe(1);
    await db.kill();
    try {
      const first = await observed(() => read(replica, one));
      expect(first).toEqual({ answer: null, by: ['away'] });
      const asked: string[] = [];
      for (let n = 0; n < 50; n += 1) {
        const plan = (): Promise<never> => Promise.resolve(asked.push('asked') as never);
        expect(await observed(() => replica.read(TENANT, 'test.read', plan))).toEqual({
          answer: null,
          by: ['resting'],
        });
      }
      expect(asked).toEqual([]);
    } finally {
      await db.restart();
    }
    await isBack(replica);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'Reads go to the primary: the replica does not serve them.',
      'Reads go to the replica again.',
    ]);
  });

  it('is given up soon where it is frozen and refuses nothing, by those who wait and by those who come', async () => {
    const [{ replica }, { replica: patient }] = [logged({ patienceMs: 400 }), logged()];
    await isBack(replica);
    await isBack(patient);
    await db.freeze();
    try {
      const slow = read(patient, one);
      const crowd = observed(() => Promise.all(Array.from({ length: 30 }, () => read(replica, one))));
      const first = await Promise.race([slow, crowd]);
      expect(first).toMatchObject({ by: expect.arrayContaining(['away']) as string[] });
      expect(new Set((await crowd).answer)).toEqual(new Set([null]));
      expect(await slow).toBeNull();
      expect(await observed(() => read(replica, one))).toEqual({ answer: null, by: ['resting'] });
      // Nobody reads there now: what waited is no longer counted all the same.
      await waitFor(async () => (await held()) === 0, { what: 'connections that nobody waits for or has' });
    } finally {
      db.thaw();
    }
    await isBack(replica);
  });

  it('is asked by nobody else either, though those who waited behind the first give up after it', async () => {
    const { replica } = logged({ patienceMs: 400 });
    await isBack(replica);
    await db.freeze();
    try {
      let ask = (): void => undefined;
      const asked = new Promise<void>((resolve) => {
        ask = resolve;
      });
      const asking = (tx: Tx): Promise<Standing> => {
        ask();
        return standing(tx);
      };
      const plan = () => Promise.resolve({ standing: asking, work: one });
      const first = [1, 2].map(() => replica.read(TENANT, 'test.read', plan));
      await asked;
      const crowd = Array.from({ length: 8 }, () => read(replica, one));
      const { by } = await observed(() => Promise.all([...first, ...crowd]));
      expect(by).toEqual(expect.arrayContaining(['away', 'busy']));
      expect(await observed(() => read(replica, one, randomUUID()))).toEqual({ answer: null, by: ['resting'] });
    } finally {
      db.thaw();
    }
    await isBack(replica);
  });
});

/** Not served until it rests, for a reason that is this business's own. */
async function behindUntilRest(replica: Replica, tenantId: string): Promise<string[][]> {
  const reasons: string[][] = [];
  const behind = { standing: () => Promise.resolve<Standing>('behind'), work: one };
  while (reasons.at(-1)?.[0] !== 'resting' && reasons.length < 10)
    reasons.push((await observed(() => replica.read(tenantId, 'test.read', () => Promise.resolve(behind)))).by);
  return reasons;
}

describe('a business that the replica does not serve', () => {
  it('does not even ask any more where it is always ahead, and leaves the replica to the others', async () => {
    const { replica, lines } = logged();
    expect(await behindUntilRest(replica, TENANT)).toEqual([...Array<string[]>(5).fill(['behind']), ['resting']]);
    expect(await observed(() => read(replica, one, randomUUID()))).toEqual({ answer: 1, by: ['served'] });
    expect(lines).toEqual([]);
  });

  it('leaves it to the others where it has used up its connections', async () => {
    const { replica } = logged({ poolSize: 4, patienceMs: 1000 });
    await isBack(replica);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = Promise.all([1, 2].map(() => read(replica, () => held)));
    const crowd = Array.from({ length: 8 }, () => read(replica, one));
    expect(await observed(() => Promise.all(crowd))).toMatchObject({ by: ['busy'] });
    expect(await observed(() => read(replica, one, randomUUID()))).toEqual({ answer: 1, by: ['served'] });
    release();
    await hold;
  });

  it('keeps nobody from finding that the replica is back', async () => {
    const { replica } = logged();
    await db.kill();
    expect(await observed(() => read(replica, one))).toEqual({ answer: null, by: ['away'] });
    await db.restart();
    const behind = { standing: () => Promise.resolve<Standing>('behind'), work: one };
    const ahead = (): Promise<unknown> => replica.read(TENANT, 'test.read', () => Promise.resolve(behind));
    rest();
    await waitFor(async () => (await observed(ahead)).by[0] === 'behind', {
      deadlineMs: 30_000,
      what: 'one that asks',
    });
    expect(await observed(() => read(replica, one, randomUUID()))).toEqual({ answer: 1, by: ['served'] });
  });
});

describe('a read on a replica', () => {
  it.each([
    ['while it runs', 2],
    ['between two of its statements', 0],
  ])('that has to give way to what is replayed %s goes to the primary at once', async (_when, seconds) => {
    const table = `gives_way_${String(seconds)}`;
    await db.database.run(
      'test.table',
      (sql) => sql`create table ${sql(table)} as select generate_series(1, 1000) as n`,
    );
    await db.database.run('test.grant', (sql) => sql`grant select on ${sql(table)} to hunfly_app`);
    await db.caughtUp();
    const replica = db.reads();
    const clear = async (): Promise<void> => {
      await db.database.run('test.delete', (sql) => sql`delete from ${sql(table)}`);
      await db.database.run('test.vacuum', (sql) => sql`vacuum ${sql(table)}`);
      await db.caughtUp();
    };
    const work = async (tx: Tx): Promise<unknown> => {
      await tx`select count(*) from ${tx(table)}`;
      await Promise.all([tx`select pg_sleep(${seconds})`, clear()]);
      return await tx`select count(*) from ${tx(table)}`;
    };
    expect(await observed(() => read(replica, work))).toEqual({ answer: null, by: ['cut'] });
    expect(await read(replica, one)).toBe(1);
  });

  it('takes no longer there than leaves the primary time for it', async () => {
    const replica = db.reads();
    // Nothing is replayed that it could be in the way of.
    await db.pause();
    const { answer, by } = await observed(() => read(replica, async (tx) => await tx`select pg_sleep(60)`));
    await db.resume();
    expect({ answer, by }).toEqual({ answer: null, by: ['slow'] });
    expect(await read(replica, one)).toBe(1);
  });

  it('that fails there by what the replica lacks goes to the primary, and after some the others do', async () => {
    const { replica, lines } = logged();
    const lacking = (): Promise<unknown> => read(replica, async (tx) => await tx`select * from not_there_yet`);
    for (let n = 0; n < 5; n += 1) expect(await observed(lacking)).toEqual({ answer: null, by: ['failed'] });
    expect(await observed(lacking)).toEqual({ answer: null, by: ['resting'] });
    expect(lines).toMatchObject([{ result: 'failed' }]);
  });

  it('does not wait for connections that others have, and keeps some for every business', async () => {
    const replica = db.reads({ poolSize: 4, patienceMs: 1000 });
    await isBack(replica);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = Promise.all([1, 2].map(() => read(replica, () => held)));
    expect(await observed(() => read(replica, one))).toEqual({ answer: null, by: ['busy'] });
    expect(await read(replica, one, randomUUID())).toBe(1);
    release();
    await hold;
    await isBack(replica);
  });

  it('sends nothing any more when it has been given up before it had a connection', async () => {
    const applicationName = 'given-up';
    const replica = db.reads({ applicationName, poolSize: 2, patienceMs: 1000 });
    await isBack(replica);
    let release = (): void => undefined;
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const holding = read(replica, () => hold);
    const crowd = Array.from({ length: 4 }, () => read(replica, one));
    expect(await observed(() => Promise.all(crowd))).toMatchObject({ by: ['busy'] });
    release();
    await holding;
    await waitFor(async () => (await held()) === 0, { what: 'all to be through' });
    expect(await lastStatements(applicationName)).toEqual(['commit']);
  });

  it('changes nothing', async () => {
    const replica = db.reads();
    expect(await read(replica, async (tx) => await tx`delete from messages`)).toBeNull();
  });
});

describe('what is no replica', () => {
  it('is not read from, though its address was given for one', async () => {
    const { replica, lines } = logged({ url: db.url });
    expect(await observed(() => read(replica, one))).toEqual({ answer: null, by: ['primary'] });
    expect(await observed(() => read(replica, one))).toEqual({ answer: null, by: ['resting'] });
    expect(lines).toMatchObject([{ result: 'primary' }]);
  });

  it('is any longer read from once it was promoted: what it has then is its own', async () => {
    const replica = db.reads();
    expect(await read(replica, one)).toBe(1);
    await db.promote();
    expect(await observed(() => read(replica, one))).toEqual({ answer: null, by: ['primary'] });
  });
});
