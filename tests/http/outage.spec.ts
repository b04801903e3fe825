import { afterEach, describe, expect, it } from 'vitest';
import { BodyMemory } from '../../src/http/body.ts';
import { AccountDirectory } from '../../src/inbox/accounts/directory.ts';
import type { IngestGate } from '../../src/inbox/ingest/accept.ts';
import { createDatabase } from '../../src/platform/postgres.ts';
import { silentLog } from '../support/log.ts';
import { waitFor } from '../support/wait.ts';
import {
  ask,
  count,
  errorOf,
  sign,
  startGateway,
  streamEntries,
  type Answer,
  type Gateway,
  type GatewayOptions,
} from './support.ts';

const SECRET = 'global-app-secret';
const CLOUD = '/api/webhooks/whatsapp/cloud-api';
/** Nothing listens there. */
const NOWHERE = createDatabase({ url: 'postgres://nobody@127.0.0.1:1/none', log: silentLog, applicationName: 'test' });

let gateway: Gateway;

async function start(options: GatewayOptions = {}): Promise<void> {
  gateway = await startGateway({ globalSecrets: { cloud: [SECRET] }, ...options });
}
afterEach(() => gateway.close());

function post(text: string, secret = SECRET): Promise<Answer> {
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [], text });
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': sign(body, secret) };
  return ask(gateway, { method: 'POST', path: CLOUD, headers, body });
}

async function spilled(): Promise<string[]> {
  const rows = await gateway.db.run(
    'test',
    (sql) => sql<{ body: Buffer }[]>`select body from webhook_spill order by id`,
  );
  return rows.map(({ body }) => (JSON.parse(body.toString()) as { text: string }).text);
}

describe('while a webhook cannot be stored in time', () => {
  it('its bytes count as held for as long as somebody works on them', async () => {
    const stuck: (() => void)[] = [];
    await start({
      deps: {
        bodies: new BodyMemory({ smallBytes: 300, smallTotal: 300, largeTotal: 0 }),
        gate: { accept: () => new Promise<void>((resolve) => stuck.push(resolve)) } as unknown as IngestGate,
      },
    });
    const text = 'x'.repeat(150);
    expect((await post(text)).status).toBe(503);
    expect(errorOf(await post(text)).message).toContain('Too much is arriving');
    for (const release of stuck) release();
    const after = post(text);
    await waitFor(() => stuck.length === 2);
    stuck[1]?.();
    expect((await after).status).toBe(200);
  });
});

describe('while Redis is away', () => {
  it('webhooks wait in Postgres and none is answered 200 without being stored', async () => {
    await start();
    await gateway.testRedis.kill();
    const texts = Array.from({ length: 120 }, (_, index) => `m${String(index)}`);
    const answers = await Promise.all(texts.map((text) => post(text)));
    expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 200));
    expect((await spilled()).sort()).toEqual([...texts].sort());
    const [row] = await gateway.db.run(
      'test',
      (sql) =>
        sql<{ provider: string; auth: string; shard: number }[]>`select provider, auth, shard from webhook_spill`,
    );
    expect(row).toMatchObject({ provider: 'cloud', auth: 'global' });
  });

  it('are lost where nothing waits in Postgres for them (negative control)', async () => {
    await start();
    await gateway.db.transaction('test.break', async (tx) => {
      await tx`create function forget() returns trigger language plpgsql as $$ begin return null; end $$`;
      await tx`create trigger forget before insert on webhook_spill for each row execute function forget()`;
    });
    await gateway.testRedis.kill();
    const texts = ['one', 'two', 'three'];
    const answers = await Promise.all(texts.map((text) => post(text)));
    expect(answers.map(({ status }) => status)).toEqual(texts.map(() => 200));
    expect((await spilled()).sort()).not.toEqual([...texts].sort());
  });

  it('a frozen Redis is not waited for beyond the deadline, and the stream is used again afterwards', async () => {
    await start();
    gateway.testRedis.freeze();
    expect((await post('frozen')).status).toBe(200);
    expect(await spilled()).toEqual(['frozen']);
    gateway.testRedis.thaw();
    await waitFor(async () => {
      await post('again');
      return (await streamEntries(gateway)).some(({ body }) => body?.toString().includes('again') === true);
    });
  });

  it('a Redis without memory counts as away', async () => {
    await start({ redisArgs: ['--maxmemory', '1kb'] });
    expect((await post('no memory')).status).toBe(200);
    expect(await spilled()).toEqual(['no memory']);
  });

  it('readiness says so', async () => {
    await start();
    expect((await ask(gateway, { path: '/health/ready' })).status).toBe(200);
    await gateway.testRedis.kill();
    const answer = await ask(gateway, { path: '/health/ready' });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toEqual({ status: 'unavailable', reasons: ['redis', 'redis-volatile'] });
    expect((await ask(gateway, { path: '/health/live' })).status).toBe(200);
  });
});

describe('while Postgres is away', () => {
  it('webhooks go to Redis as ever, but large and broken ones must come again', async () => {
    await start();
    await gateway.db.close();
    expect((await post('small')).status).toBe(200);
    expect((await post('x'.repeat(300_000))).status).toBe(503);
    const broken = '{"object"';
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': sign(broken, SECRET) };
    expect((await ask(gateway, { method: 'POST', path: CLOUD, headers, body: broken })).status).toBe(503);
  });

  it('a wrong signature is still 401, judged by the accounts known last', async () => {
    await start();
    await gateway.db.close();
    expect((await post('x', 'guessed')).status).toBe(401);
  });

  it('a signature is not called wrong by a gateway that never saw the accounts', async () => {
    const directory = new AccountDirectory({
      db: NOWHERE,
      keys: [],
      globalSecrets: { cloud: [SECRET], evolution: [], twilio: [] },
      log: silentLog,
    });
    await start({ deps: { directory } });
    const answer = await post('x', 'guessed');
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
    expect((await post('x')).status).toBe(200);
  });
});

describe('while both are away', () => {
  it('a webhook is answered 503 with Retry-After, and carriers will be asked what was missed', async () => {
    let missed = 0;
    await start({ deps: { gaps: { refused: () => (missed += 1) } } });
    expect([(await post('x', 'guessed')).status, missed]).toEqual([401, 0]);
    await gateway.testRedis.kill();
    await gateway.db.close();
    const answer = await post('nowhere');
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(errorOf(answer).code).toBe('unavailable');
    expect(missed).toBe(1);
  });
});

describe('a node that drains', () => {
  /** A webhook that is in hand, waiting for a Redis that does not answer yet, when the node begins to close. */
  async function closeMeanwhile(graceMs?: number): Promise<number> {
    await start();
    gateway.testRedis.freeze();
    const answer = post('in hand').then(
      ({ status }) => status,
      () => 0,
    );
    await waitFor(async () => (await connections()) > 0, { what: 'the webhook to be in hand' });
    const closed = gateway.http.close(graceMs);
    const status = await answer;
    await closed;
    gateway.testRedis.thaw();
    return status;
  }

  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      gateway.http.server.getConnections((error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });

  it('answers what is in hand, which is stored then', async () => {
    expect(await closeMeanwhile()).toBe(200);
    expect(await spilled()).toEqual(['in hand']);
  });

  it('answers nothing of it where it closes at once (negative control)', async () => {
    expect(await closeMeanwhile(0)).toBe(0);
  });

  it('says it is not ready and closes connections, but still answers', async () => {
    await start();
    gateway.http.drain();
    const answer = await ask(gateway, { path: '/health/ready' });
    expect([answer.status, answer.headers['connection']]).toEqual([503, 'close']);
    expect(JSON.parse(answer.text)).toMatchObject({ reasons: ['draining'] });
    expect((await post('late')).status).toBe(200);
    expect(await count(gateway.db, 'webhook_spill')).toBe(0);
  });
});
