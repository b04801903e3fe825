/** An erased customer is gone from every surface of the running product, and from what it keeps in Redis. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cursor } from '../../src/contract/events.ts';
import { liveClient } from '../support/client.ts';
import { holding } from '../support/hold.ts';
import {
  customerWrites,
  newCustomer,
  openBusiness,
  startJourney,
  storedMessage,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { Observer } from '../support/observer.ts';
import { connectRedis } from '../support/redis.ts';
import { waitFor } from '../support/wait.ts';
import { closeRedis } from '../../src/platform/redis.ts';

const SECRET = 'xylophone-solo';

let journey: Journey;
let business: Business;
let digits: string;
let threadId: string;
let contactId: string;

beforeAll(async () => {
  journey = await startJourney();
  business = await openBusiness(journey, { visibility: 'all' });
  digits = newCustomer();
  threadId = (await writes(`first ${SECRET}`)).threadId;
  const admin = await Observer.live(journey.nodes[0].url, business.people.admin);
  const got = await admin.send('thread:get', { threadId });
  contactId = (got as unknown as { data: { thread: { contact: { id: string } } } }).data.thread.contact.id;
  admin.close();
});
afterAll(() => journey.stop());

async function writes(text: string): ReturnType<typeof storedMessage> {
  const id = await customerWrites(journey, business, { from: digits, text, name: 'Zerlina Quux' });
  return await storedMessage(journey.system.database, business.tenantId, id);
}

const erase = (as: Observer, id = contactId) =>
  as.ask('POST erase', { path: `/api/contacts/${id}/erase`, body: { confirm: 'Zerlina Quux' } });

async function howFar(as: Observer): Promise<{ readonly finishedAt: string | null; readonly messages: number }> {
  return (JSON.parse((await erase(as)).text) as { erasure: { finishedAt: string | null; messages: number } }).erasure;
}

async function erasedFully(as: Observer): ReturnType<typeof howFar> {
  return await waitFor(
    async () => {
      const erasure = await howFar(as);
      return erasure.finishedAt === null ? undefined : erasure;
    },
    { what: 'the erasure through', deadlineMs: 30_000 },
  );
}

/** All that Redis holds, whatever its type: not compressed, so that words are found in it. */
async function allOfRedis(): Promise<string> {
  const redis = await connectRedis(journey.system.redis.url);
  await redis.config('SET', 'rdbcompression', 'no');
  await redis.xadd('control', '*', 'bytes', 'a'.repeat(50));
  const dumped: string[] = [];
  for (const key of await redis.keys('*')) dumped.push(key, String(await redis.dumpBuffer(key)));
  await closeRedis(redis);
  return dumped.join('\n');
}

it('is refused to all but administrators, and finds nobody of another business', async () => {
  const other = await openBusiness(journey);
  const wanted = [
    [business.people.ana, 403],
    [business.people.lead, 403],
    [other.people.admin, 404],
  ] as const;
  for (const [person, status] of wanted) {
    const as = await Observer.live(journey.nodes[1].url, person);
    expect((await erase(as)).status).toBe(status);
    expect((await as.ask('GET export', { path: `/api/contacts/${contactId}/export` })).status).toBe(status);
    expect((await as.send('contact:erase', { contactId, confirm: contactId })).ok).toBe(false);
    as.close();
  }
});

it('takes the conversation from open screens and from who comes back, out of Postgres in steps, and out of Redis', async () => {
  const [near, far] = journey.nodes;
  const admin = await Observer.live(near.url, business.people.admin);
  const away = await Observer.live(near.url, business.people.bruno);
  const cursor = away.client.ready[0]?.cursor as Cursor;
  away.close();
  await writes(`while away ${SECRET}`);
  await storeMany(2000);
  const ana = await liveClient(far.url, business.people.ana.token);
  expect((await ana.send('thread:messages', { threadId })).ok).toBe(true);

  await killedAtNotes(async () => {
    expect((await erase(admin)).status).toBe(200);
    await waitFor(() => ana.events().some(({ type }) => type === 'thread.removed'), { what: 'the screen told' });
  });
  expect(ana.events().find(({ type }) => type === 'thread.removed')).toMatchObject({
    data: { threadId, reason: 'erased' },
  });
  for (const name of ['thread:get', 'thread:messages', 'note:add'])
    expect(await ana.send(name, { threadId, ...(name === 'note:add' ? { text: 'late' } : {}) })).toMatchObject({
      error: { code: 'not_found' },
    });
  expect((await erasedFully(admin)).messages).toBe(2002);

  const back = await Observer.live(near.url, business.people.bruno, cursor);
  await waitFor(() => back.has('socket replay', 'thread.removed'), { what: 'the one who came back told' });
  expect([...back.where(SECRET), ...back.where(digits), ...back.where('Zerlina')]).toEqual([]);
  const redis = await allOfRedis();
  expect(redis).toContain('a'.repeat(50));
  for (const word of [SECRET, digits, 'Zerlina']) expect(redis).not.toContain(word);

  const again = await writes('hello once more');
  expect(again.threadId).not.toBe(threadId);
  const sent = await ana.send('message:send', { threadId: again.threadId, kind: 'text', text: 'welcome' });
  expect(sent.ok).toBe(true);
  expect((await ana.send('thread:list', { q: 'once more' })) as object).toMatchObject({
    data: { items: [{ id: again.threadId }] },
  });
  for (const client of [admin, back, ana]) client.close();
});

/** Whoever goes on with what was begun is killed before its notes go, and two others come. */
async function killedAtNotes(begin: () => Promise<unknown>): Promise<void> {
  const { database } = journey.system;
  await holding(database, async (tx) => {
    await tx`lock table notes in exclusive mode`;
    await begin();
    const atNotes = async (): Promise<boolean> =>
      (await database.run('test.stage', (sql) => sql`select 1 from erasures where stage = 'notes'`)).length > 0;
    await waitFor(atNotes, { what: 'the erasure at its notes' });
    await journey.workers.housekeeping.end('SIGKILL');
  });
  const extra = { SIMULATOR_URL: journey.simulator.url };
  await Promise.all([extra, extra].map((env) => journey.system.spawn('consumers/housekeeping', env)));
}

/** As if the customer had written this often before. */
async function storeMany(amount: number): Promise<void> {
  await journey.system.database.run(
    'test.many',
    (sql) => sql`
      insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, status, author_type, author_id,
          provider_message_id, sent_at, received_at, position)
        select m.tenant_id, gen_random_uuid(), m.thread_id, m.account_id, m.direction, m.kind, ${SECRET}, m.status, m.author_type,
          m.author_id, m.provider_message_id || n, m.sent_at, m.received_at, m.position || lpad(n::text, 5, '0')
        from generate_series(1, ${amount}) n, (select * from messages where thread_id = ${threadId} limit 1) m`,
  );
}
