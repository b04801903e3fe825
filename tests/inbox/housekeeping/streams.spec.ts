import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redriveJob } from '../../../src/inbox/housekeeping/redrive.ts';
import { retentionJobs } from '../../../src/inbox/housekeeping/retention.ts';
import { spillDrainJob, type ReappendDeps } from '../../../src/inbox/housekeeping/spill-drain.ts';
import { gaugesJob } from '../../../src/inbox/housekeeping/gauges.ts';
import { decodeEntry } from '../../../src/inbox/ingest/entry.ts';
import { repairParked } from '../../../src/inbox/messages/dispatch/parked.ts';
import { insertSpill } from '../../../src/inbox/ingest/spill.ts';
import { metrics, renderMetrics } from '../../../src/platform/metrics.ts';
import { closeRedis, type RedisClient } from '../../../src/platform/redis.ts';
import { streamKey, StreamProducer, UnconfirmedAppendError } from '../../../src/platform/stream.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { apply, createTenant, message, messageRow, part, status } from '../../support/ingest.ts';
import { entriesOn, inboundHandler } from '../../support/inbound.ts';
import { runOnce } from '../../support/jobs.ts';
import { connectRedis, startTestRedis, type TestRedis } from '../../support/redis.ts';

let db: TestDatabase;
let server: TestRedis;
let client: RedisClient;
let deps: ReappendDeps;
const KEY = streamKey('ingest', 0);

beforeAll(async () => {
  db = await createTestDatabase();
  server = await startTestRedis();
});
afterAll(async () => {
  await server.drop();
  await db.drop();
});
beforeEach(async () => {
  client = await connectRedis(server.url);
  await client.flushall();
  deps = { db: db.database, producer: new StreamProducer(client), shards: 1 };
  return () => closeRedis(client);
});

async function spill(bodies: readonly Buffer[], shard = 0): Promise<void> {
  const rows = bodies.map((body, index) => ({
    ...{ provider: 'cloud' as const, auth: 'global', shard, correlationId: `c${String(index)}`, body },
    receivedAtMs: 1_700_000_000_000 + index,
  }));
  await insertSpill(db.database, rows, 5000);
}

async function spilled(): Promise<number> {
  const [row] = await db.database.run(
    'test.spilled',
    (sql) => sql<{ left: number }[]>`select count(*) as left from webhook_spill`,
  );
  return row?.left ?? -1;
}

async function onStream(): Promise<string[]> {
  const entries = await client.xrange(KEY, '-', '+');
  return entries.map(([, fields]) => fields[fields.indexOf('h') + 1]?.split(' ')[3] ?? '');
}

async function drainAll(): Promise<void> {
  const job = spillDrainJob(deps);
  for (;;) if ((await job.run()) === 0) return;
}

describe('webhooks that waited in Postgres', () => {
  it('reach the stream in the order of acceptance, each once, with three processes draining', async () => {
    await spill(Array.from({ length: 250 }, (_, index) => Buffer.from(`{"n":${String(index)}}`)));
    const jobs = [1, 2, 3].map(() => spillDrainJob({ ...deps, db: db.open() }));
    while ((await spilled()) > 0) await Promise.all(jobs.map((job) => job.run()));
    expect(await onStream()).toEqual(Array.from({ length: 250 }, (_, index) => `c${String(index)}`));
  });

  it('stay where they are while Redis is away, and lose nothing', async () => {
    await spill([Buffer.from('{}'), Buffer.from('{}')]);
    const dead = { ...deps, producer: { append: () => Promise.reject(new Error('Redis is away')) } };
    await expect(spillDrainJob(dead).run()).rejects.toThrow('Redis is away');
    expect(await spilled()).toBe(2);
    await drainAll();
    expect(await onStream()).toEqual(['c0', 'c1']);
  });

  it('wait for the shard that does not take them, and hold up no other, however many they are', async () => {
    await spill(
      Array.from({ length: 250 }, () => Buffer.from('{}')),
      1,
    );
    await spill([Buffer.from('{}'), Buffer.from('{}')]);
    const append: StreamProducer['append'] = (key, ...entry) => {
      if (key !== KEY) throw new Error('its master is away');
      return new StreamProducer(client).append(key, ...entry);
    };
    const job = spillDrainJob({ ...deps, shards: 2, producer: { append } });
    expect([await job.run(), await onStream(), await spilled()]).toEqual([2, ['c0', 'c1'], 250]);
    await expect(job.run()).rejects.toThrow('its master is away');
    deps = { ...deps, shards: 2 };
    await drainAll();
    expect([await client.xlen(KEY), await client.xlen(streamKey('ingest', 1)), await spilled()]).toEqual([2, 250, 0]);
  });

  it('stay until they are applied where no replica has what is on the stream, and are put there once', async () => {
    const append: StreamProducer['append'] = async (...entry) => {
      await new StreamProducer(client).append(...entry);
      throw new UnconfirmedAppendError(new Error('no replica has it'));
    };
    const job = spillDrainJob({ ...deps, producer: { append } });
    await spill([Buffer.from('{}'), Buffer.from('{}')]);
    expect([await job.run(), await job.run()]).toEqual([2, 0]);
    expect([await onStream(), await spilled()]).toEqual([['c0', 'c1'], 2]);
    const worker = inboundHandler(db.database, { resolve: () => null, ensure: () => Promise.resolve() });
    await worker(await entriesOn(client, [KEY]));
    expect(await spilled()).toBe(0);
    await spill([Buffer.from('{}')]);
    expect([await job.run(), await spilled()]).toEqual([1, 1]);
    // Of a master that has died since, nothing is left; another process does not know of it.
    await client.flushall();
    await drainAll();
    expect([await onStream(), await spilled()]).toEqual([['c0'], 0]);
  });

  it('come again rather than get lost when the process dies between Redis and the commit', async () => {
    await spill([Buffer.from('{}')]);
    const dying = {
      ...deps,
      producer: {
        append: async (key: string, fields: Readonly<Record<string, string | Buffer>>, ms: number): Promise<string> => {
          await deps.producer.append(key, fields, ms);
          throw new Error('killed');
        },
      },
    };
    await expect(spillDrainJob(dying).run()).rejects.toThrow('killed');
    await drainAll();
    expect(await onStream()).toEqual(['c0', 'c0']);
    expect(await spilled()).toBe(0);
  });

  it('travel by key when they are large, and the body is there before the key is', async () => {
    await spill([Buffer.alloc(300 * 1024, 'x')]);
    await drainAll();
    const [entry] = await client.xrange(KEY, '-', '+');
    const fields = entry?.[1] ?? [];
    expect(fields).not.toContain('b');
    const rows = await db.database.run(
      'test.body',
      (sql) => sql<{ bytes: number }[]>`
        select length(body) as bytes from webhook_bodies where key = ${fields[fields.indexOf('k') + 1] ?? ''}::uuid`,
    );
    expect(rows).toEqual([{ bytes: 300 * 1024 }]);
  });
});

describe('dead letters of unknown accounts', () => {
  it('are put onto the stream once the account exists, and not again after that', async () => {
    const stranger = { tenantId: '' as never, accountId: '' as never, channel: 'nobody' };
    await apply(db.database, stranger, [part([message('555000111', 'w1')], { streamId: '0/77-1' })]);
    expect(await redriveJob(deps).run()).toBe(0);
    await createTenant(db.database, '555000111');
    const counts = await Promise.all([1, 2, 3].map(() => redriveJob({ ...deps, db: db.open() }).run()));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await client.xlen(KEY)).toBe(1);
    await apply(db.database, stranger, [part([message('555000111', 'w1')], { streamId: '0/78-1' })]);
    expect(await redriveJob(deps).run()).toBe(0);
  });

  it('are put there also when whoever wrote them had looked for the account before it was added, once', async () => {
    const stranger = { tenantId: '' as never, accountId: '' as never, channel: 'nobody' };
    await createTenant(db.database, '555000222');
    await apply(db.database, stranger, [part([message('555000222', 'w1')], { streamId: '0/80-1' })]);
    expect(await redriveJob(deps).run()).toBe(1);
    expect(await client.xlen(KEY)).toBe(1);
    await apply(db.database, stranger, [part([message('555000222', 'w1')], { streamId: '0/80-1' })]);
    expect(await redriveJob(deps).run()).toBe(0);
  });

  it('go onto a stream without a replica, all of them, and stay open until one has them', async () => {
    const stranger = { tenantId: '' as never, accountId: '' as never, channel: 'nobody' };
    const places = Array.from({ length: 25 }, (_, index) => `0/90-${String(index)}`);
    for (const streamId of places)
      await apply(db.database, stranger, [part([message('555000777', streamId)], { streamId })]);
    await createTenant(db.database, '555000777');
    const append: StreamProducer['append'] = async (...entry) => {
      await new StreamProducer(client).append(...entry);
      throw new UnconfirmedAppendError(new Error('no replica has it'));
    };
    const job = redriveJob({ ...deps, producer: { append } });
    expect([await job.run(), await job.run(), await job.run()]).toEqual([20, 5, 0]);
    expect(await client.xlen(KEY)).toBe(25);
    // Of a master that has died since, nothing is left; another process does not know of it.
    await client.flushall();
    const other = redriveJob(deps);
    expect([await other.run(), await other.run(), await other.run()]).toEqual([20, 5, 0]);
    expect(await client.xlen(KEY)).toBe(25);
  });

  it('of one body stay one for each number, however often it comes again', async () => {
    const numbers = ['555000601', '555000602', '555000603'];
    const body = part(
      numbers.map((number) => message(number, `w${number}`)),
      { streamId: '0/79-1' },
    );
    const open = () =>
      db.database.run(
        'test.open',
        (sql) => sql<{ channel: string }[]>`
          select channel from dead_letters where state = 'open' and channel = any (${numbers}) order by channel`,
      );
    const stranger = { tenantId: '' as never, accountId: '' as never, channel: 'nobody' };
    await apply(db.database, stranger, [body]);
    const owner = await createTenant(db.database, numbers[0]);
    expect(await redriveJob(deps).run()).toBe(1);
    const [again] = (await client.xrangeBuffer(KEY, '-', '+')).slice(-1);
    const fields: Record<string, Buffer> = {};
    for (let at = 0; at < again![1].length; at += 2) fields[again![1][at]!.toString()] = again![1][at + 1]!;
    expect(decodeEntry(fields, 'elsewhere')).toMatchObject({ entry: { streamId: body.streamId } });
    await apply(db.database, owner, [body]);
    expect((await open()).map(({ channel }) => channel)).toEqual(numbers.slice(1));
    // Refused again, it is a letter again.
    await apply(db.database, stranger, [body]);
    expect((await open()).map(({ channel }) => channel)).toEqual(numbers);
  });
});

describe('what has served its time', () => {
  it('goes, and what has not stays', async () => {
    const account = await createTenant(db.database, '555000222');
    await db.database.transaction('test.old', async (tx) => {
      await tx`insert into commands (tenant_id, member_id, command_id, name, result, created_at)
        select ${account.tenantId}, uuidv7(), uuidv7(), 'x', '{}', now() - d * interval '1 hour' from unnest(array[71, 73]) d`;
      await tx`insert into parked (tenant_id, account_id, target_id, kind, dedupe, item, created_at)
        select ${account.tenantId}, ${account.accountId}, 'w' || d, 'status', '', '{}', now() - d * interval '1 day'
        from unnest(array[29, 31]) d`;
      await tx`insert into webhook_bodies (key, body, created_at)
        select uuidv7(), '', now() - d * interval '1 day' from unnest(array[7, 9]) d`;
    });
    const jobs = retentionJobs({ db: db.database, now: () => new Date() });
    expect(await runOnce(jobs, 'commands')).toBe(1);
    expect(await runOnce(jobs, 'parked')).toBe(1);
    expect(await runOnce(jobs, 'bodies')).toBe(1);
    expect(await runOnce(jobs, 'partitions')).toBeGreaterThan(0);
  });
});

describe('items that wait although their message is there', () => {
  it('are applied by the repair', async () => {
    const account = await createTenant(db.database, '555000333');
    const { channel, tenantId } = account;
    const echo = message(channel, 'own-1', { direction: 'outbound', origin: 'phone' });
    await apply(db.database, account, [part([status(channel, 'own-1', 'read')])]);
    const hide = (to: string, from: string): Promise<unknown> =>
      db.database.run('test.hide', (sql) => sql`update parked set target_id = ${to} where target_id = ${from}`);
    await hide('elsewhere', 'own-1');
    await apply(db.database, account, [part([echo])]);
    await hide('own-1', 'elsewhere');
    expect(await repairParked(db.database, 10)).toMatchObject({ messages: 0 });
    await db.database.run('test.age', (sql) => sql`update parked set created_at = now() - interval '2 minutes'`);
    expect(await repairParked(db.database, 10)).toMatchObject({ messages: 1 });
    expect(await messageRow(db.database, tenantId, 'own-1')).toMatchObject({ status: 'read' });
    expect(await repairParked(db.database, 10)).toMatchObject({ messages: 0 });
  });
});

describe('the gauges', () => {
  it('show open dead letters and threads at work', async () => {
    const account = await createTenant(db.database, '555000444');
    await apply(db.database, account, [part([message(account.channel, 'g1')], { streamId: '0/99-1' })]);
    await gaugesJob({ db: db.database, metrics, nowMs: Date.now }).run();
    const { body } = await renderMetrics();
    expect(body).toContain(`hunfly_inbox_active_threads{tenant="${account.tenantId}"} 1`);
    expect(body).toMatch(/^hunfly_dead_letters [1-9]/m);
  });

  it('show how many webhooks wait in Postgres and for how long, and nothing when they are on the stream', async () => {
    const shown = async (): Promise<string[]> => {
      await gaugesJob({ db: db.database, metrics, nowMs: () => 1_700_000_090_000 }).run();
      const { body } = await renderMetrics();
      return body.split('\n').filter((line) => line.includes('stream="spill"'));
    };
    await spill([Buffer.from('{}'), Buffer.from('{}')]);
    expect(await shown()).toEqual([
      'hunfly_queue_backlog{stream="spill"} 2',
      'hunfly_queue_oldest_age_seconds{stream="spill"} 90',
    ]);
    await drainAll();
    expect(await shown()).toEqual([
      'hunfly_queue_backlog{stream="spill"} 0',
      'hunfly_queue_oldest_age_seconds{stream="spill"} 0',
    ]);
  });
});
