/** A dead letter is kept for the term of its business, or of the installation, and is never gone unannounced. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../../src/cli/commands.ts';
import type { CliContext } from '../../../src/cli/command.ts';
import { runCli } from '../../../src/cli/run.ts';
import { readLetter } from '../../../src/inbox/dead-letters/letters.ts';
import { retryLetter } from '../../../src/inbox/dead-letters/retry.ts';
import { endLetters } from '../../../src/inbox/dead-letters/term.ts';
import { endingLettersJob, letterTermsJob } from '../../../src/inbox/housekeeping/letter-terms.ts';
import { dropPartitions } from '../../../src/inbox/housekeeping/partitions.ts';
import { NIL_TENANT } from '../../../src/inbox/ingest/part.ts';
import { verify } from '../../../src/inbox/verify/report.ts';
import { metrics, renderMetrics } from '../../../src/platform/metrics.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, DAY_MS, message, messageRow, part } from '../../support/ingest.ts';
import { passFirstDayOf, passGraceOf, SECRET, storeLetter, storeLetters, type Kept } from '../../support/letters.ts';
import { recordingLog } from '../../support/log.ts';
import { waitFor } from '../../support/wait.ts';

type Account = Awaited<ReturnType<typeof createTenant>>;

let db: TestDatabase;
let shop: Account;
let said: ReturnType<typeof recordingLog>;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());
beforeEach(async () => {
  said = recordingLog();
  await db.database.run(
    'test.clean',
    (sql) => sql`truncate dead_letters, dead_letter_term, webhook_journal, audit_log`,
  );
  await db.database.run('test.clean', (sql) => sql`update tenants set keep_days = null, keep_from = null`);
  shop = await createTenant(db.database, newNumber());
});

const newNumber = (): string => String(randomBytes(6).readUIntBE(0, 6));

async function hunfly(...argv: readonly string[]): Promise<Record<string, unknown>> {
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const context = { database: () => db.database, announce: () => Promise.resolve() } as unknown as CliContext;
  await runCli([...argv, '--json'], { commands: CLI_COMMANDS, io, context });
  return JSON.parse(out) as Record<string, unknown>;
}

const setTerm = (account: Account, days: string): ReturnType<typeof hunfly> =>
  hunfly('tenant', 'set', '--tenant', `t-${account.tenantId}`, '--keep-days', days);
const setNobodys = (days: string): ReturnType<typeof hunfly> => hunfly('dead-letters', 'set', '--keep-days', days);

const passGrace = (): Promise<void> => passGraceOf(db.database);
/** A letter that was stored so many days ago, by default an open one of the shop; returns its id. */
const letter = (days: number, over: Partial<Kept> = {}): Promise<string> =>
  storeLetter(db.database, days, { owner: shop.tenantId, ...over });

const letters = (amount: number, days: number, over: Partial<Kept> = {}): Promise<void> =>
  storeLetters(db.database, amount, days, { owner: shop.tenantId, ...over });

const end = (): Promise<number> => letterTermsJob({ db: db.database, log: said.log, metrics }).run();

async function left(): Promise<string[]> {
  const rows = await db.database.run('test.left', (sql) => sql<{ id: string }[]>`select id from dead_letters`);
  return rows.map(({ id }) => id).sort();
}

async function ended(state: string): Promise<number> {
  const { body } = await renderMetrics();
  return Number(new RegExp(`^hunfly_dead_letters_ended_total{state="${state}"} (\\d+)`, 'm').exec(body)?.[1] ?? 'NaN');
}

/** Dead letters that this connection has read so far. */
async function lettersRead(tx: Tx): Promise<unknown[]> {
  return [
    ...(await tx`select seq_tup_read, idx_tup_fetch from pg_stat_xact_user_tables where relname = 'dead_letters'`),
  ];
}

/** A transaction that may be idle for longer than one of the product. */
function holding(work: (tx: Tx) => Promise<void>): Promise<void> {
  const held = async (tx: Tx): Promise<void> => {
    await tx`select set_config('idle_in_transaction_session_timeout', '0', true)`;
    await work(tx);
  };
  return db.database.transaction('test.hold', held, { deadlineMs: 60_000 });
}

async function waiting(): Promise<number> {
  const rows = await db.database.run(
    'test.waiting',
    (sql) => sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows.length;
}

describe("a business's term", () => {
  it('ends its dead letters, open or closed, which is counted, logged and audited without content', async () => {
    const other = await createTenant(db.database, newNumber());
    await setTerm(shop, '30');
    await passGrace();
    expect(await end()).toBe(0);
    // There before the first one, or Prometheus would see no rise.
    const before = [await ended('open'), await ended('dropped')];
    await letter(31);
    await letter(31);
    await letter(31, { state: 'dropped' });
    const kept = [
      await letter(29),
      await letter(400, { owner: other.tenantId }),
      await letter(400, { owner: NIL_TENANT }),
    ];
    expect(await end()).toBe(3);
    expect(await left()).toEqual(kept.sort());
    expect([await ended('open'), await ended('dropped')]).toEqual([before[0]! + 2, before[1]! + 1]);
    expect(said.lines).toMatchObject([
      { level: 'info', tenantId: shop.tenantId, count: 1 },
      { level: 'warn', tenantId: shop.tenantId, count: 2 },
    ]);
    expect(said.text()).not.toContain(SECRET);
    const audited = await db.database.run(
      'test.audit',
      (sql) => sql`
        select tenant_id as owner, actor_type as by, details from audit_log where action = 'dead_letters.term_ended' order by id`,
    );
    const by = { owner: shop.tenantId, by: 'system' };
    expect([...audited]).toEqual([
      { ...by, details: { state: 'dropped', count: 1 } },
      { ...by, details: { state: 'open', count: 2 } },
    ]);
  });

  it('says beforehand how many it will end, and ends none for a day', async () => {
    await letter(31);
    // Old enough within the day of grace.
    await letter(29.5);
    await letter(28);
    expect(await setTerm(shop, '30')).toMatchObject({ keepDays: 30, deadLettersOver: 2 });
    expect(await end()).toBe(0);
    await passGrace();
    expect([await end(), (await left()).length]).toEqual([1, 2]);
  });

  it('also ends what came for its number, a day after that was added, unless another business keeps it longer', async () => {
    const both = { owner: NIL_TENANT, channel: shop.channel };
    await letter(50, both);
    await letter(50, { owner: NIL_TENANT, channel: newNumber() });
    await setTerm(shop, '30');
    await passGrace();
    // What waited for the number is still to be applied.
    expect(await end()).toBe(0);
    const other = await createTenant(db.database, shop.channel);
    await passFirstDayOf(db.database);
    expect(await end()).toBe(0);
    await setTerm(other, '60');
    await passGrace();
    expect(await end()).toBe(0);
    await letter(61, both);
    expect(await end()).toBe(1);
    await hunfly('tenant', 'erase', '--tenant', `t-${other.tenantId}`, '--confirm', 'Test');
    expect([await end(), (await left()).length]).toEqual([1, 1]);
  });

  it('lets go of a large number in rounds, and of all of them', async () => {
    await setTerm(shop, '30');
    await passGrace();
    await letters(501, 40);
    expect([await end(), await end(), await end()]).toEqual([500, 1, 0]);
  });

  it('is looked for without reading the letters that stay, however many they are', async () => {
    await createTenant(db.database, shop.channel);
    await setTerm(shop, '30');
    await passGrace();
    await passFirstDayOf(db.database);
    await letters(2000, 5);
    // Another business keeps what came for the same number.
    await letters(2000, 60, { owner: NIL_TENANT, channel: shop.channel });
    await db.database.run('test.analyze', (sql) => sql`analyze dead_letters`);
    await db.database.transaction('test.read', async (tx) => {
      const before = await lettersRead(tx);
      expect(await endLetters(tx, 500)).toEqual([]);
      expect(await lettersRead(tx)).toEqual(before);
    });
  });
});

describe("the installation's term", () => {
  it('ends letters that belong to no business, a day after it was set, and is off until then', async () => {
    expect(await hunfly('dead-letters', 'set')).toEqual({ keepDays: null, actsFrom: null, over: 0 });
    const own = await letter(100);
    await letter(100, { owner: NIL_TENANT });
    const waits = await letter(100, { owner: NIL_TENANT, channel: shop.channel });
    const set = await setNobodys('90');
    expect(set).toMatchObject({ keepDays: 90, over: 2 });
    expect(Date.parse(String(set['actsFrom'])) - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect([await setNobodys('90'), await end()]).toEqual([set, 0]);
    await passGrace();
    // What waited for a number that was just added is still to be applied.
    expect([await end(), await left()]).toEqual([1, [own, waits].sort()]);
    await passFirstDayOf(db.database);
    expect([await end(), await left()]).toEqual([1, [own]]);
    const late = await letter(100, { owner: NIL_TENANT });
    expect(await setNobodys('off')).toMatchObject({ keepDays: null });
    expect([await end(), await left()]).toEqual([0, [own, late].sort()]);
  });

  it.each(['29', '36501', '30.5', 'ever', ''])('is refused for %j days', async (days) => {
    expect(await setNobodys(days)).toMatchObject({ error: { code: 'invalid_input' } });
    expect(await hunfly('dead-letters', 'set')).toMatchObject({ keepDays: null });
  });
});

describe('an open dead letter', () => {
  it('says until when it is kept, and is counted for the alert from a week before', async () => {
    const counted = async (): Promise<number> => {
      await endingLettersJob({ db: db.database, metrics }).run();
      return (await metrics.deadLettersEnding.get()).values[0]?.value ?? NaN;
    };
    await setTerm(shop, '30');
    await passGrace();
    await letter(22);
    await letter(24, { state: 'retried' });
    await letter(24, { owner: NIL_TENANT });
    expect(await counted()).toBe(0);
    const id = await letter(24);
    expect(await counted()).toBe(1);
    const { items } = (await hunfly('dead-letters', 'list')) as { items: { id: string; endsAt: string | null }[] };
    const days = (endsAt: string): number => Math.round((Date.parse(endsAt) - Date.now()) / DAY_MS);
    expect(items.map(({ endsAt }) => (endsAt === null ? null : days(endsAt)))).toEqual([null, 6, 8]);
    await hunfly('dead-letters', 'drop', id, '--reason', 'a test');
    expect(await counted()).toBe(0);
  });

  it('stays as long as the journal has its webhook, so that verify never misses it', async () => {
    await setNobodys('30');
    await passGrace();
    const stranger = { ...shop, channel: 'nobody' };
    const receivedAtMs = Date.now();
    await apply(db.database, stranger, [part([message('555', 'w1')], { receivedAtMs })]);
    const parse = () => ({ ok: true, events: [message('555', 'w1')] }) as const;
    const check = async (): Promise<[number, string[]]> => {
      const deps = { db: db.database, resolve: () => null, isErased: () => false, parse };
      const range = { tenantId: null, from: new Date(0), to: new Date(Date.now() + DAY_MS) };
      const { deadLettered, differences } = await verify(deps, range);
      return [deadLettered, differences.map(({ kind }) => kind)];
    };
    // By a gateway whose clock ran ahead: what it received is 40 days old by the clock of Postgres.
    await db.database.run(
      'test.age',
      (sql) => sql`
        update dead_letters set id = uuidv7(-interval '40 days'), created_at = now() - interval '40 days'`,
    );
    expect([await end(), await check()]).toEqual([0, [1, []]]);
    for (const table of ['dead_letters', 'webhook_journal'])
      await db.database.run(
        'test.age',
        (sql) => sql`update ${sql(table)} set received_at = now() - interval '40 days'`,
      );
    await dropPartitions(db.database, new Date());
    expect([await end(), await check()]).toEqual([1, [0, []]]);
  });

  it('is left alone while somebody holds it, and a retry that it was gone for is applied all the same', async () => {
    await setTerm(shop, '30');
    await passGrace();
    const id = await letter(31, { channel: shop.channel });
    await holding(async (tx) => {
      await tx`select from dead_letters where id = ${id} for update`;
      expect(await end()).toBe(0);
    });
    const read = await db.database.run('test.read', (sql) => readLetter(sql, id));
    expect(await end()).toBe(1);
    const outcome = await retryLetter(
      {
        ...{ db: db.database, resolve: () => shop, windowOf: () => DAY_MS, hints: { publish: () => undefined } },
        parse: () => ({ ok: true, events: [message(shop.channel, 'late')] }),
      },
      read,
    );
    expect(outcome).toEqual({ applied: true });
    expect(await messageRow(db.database, shop.tenantId, 'late')).toMatchObject({ text: 'text of late' });
  });

  it('stays when its term is taken back while the next step is about to end it', async () => {
    await setTerm(shop, '30');
    await passGrace();
    const id = await letter(31);
    let ending: Promise<number> | undefined;
    await holding(async (tx) => {
      await tx`update tenants set keep_days = null, keep_from = null where id = ${shop.tenantId}`;
      ending = end();
      await waitFor(async () => (await waiting()) > 0, { what: 'the step waiting for the term' });
    });
    expect([await ending, await left()]).toEqual([0, [id]]);
  });
});
