/** A conversation that is over by its business's term is gone from every surface of the running product. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Cursor } from '../../src/contract/events.ts';
import { beginTerms } from '../../src/inbox/housekeeping/terms.ts';
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
import { waitFor } from '../support/wait.ts';

const SECRET = 'xylophone-solo';

let journey: Journey;
let business: Business;
let digits: string;

beforeAll(async () => {
  journey = await startJourney();
  business = await openBusiness(journey, { visibility: 'all' });
  digits = newCustomer();
});
afterAll(() => journey.stop());

async function writes(text: string): ReturnType<typeof storedMessage> {
  const id = await customerWrites(journey, business, { from: digits, text, name: 'Zerlina Quux' });
  return await storedMessage(journey.system.database, business.tenantId, id);
}

/** As if nothing had happened for so long, and the term had been set yesterday. */
async function isOver(): Promise<void> {
  const { tenantId } = business;
  await journey.system.database.transaction('test.over', async (tx) => {
    const by = tx`interval '40 days'`;
    await tx`
      update threads set last_activity_at = last_activity_at - ${by}, created_at = created_at - ${by} where tenant_id = ${tenantId}`;
    await tx`update messages set received_at = received_at - ${by} where tenant_id = ${tenantId}`;
    await tx`update tenants set keep_days = 30, keep_from = now() where id = ${tenantId}`;
  });
}

it('leaves open screens and whoever comes back without it, though housekeeping is killed, and begins anew with who writes', async () => {
  const [near, far] = journey.nodes;
  const { database } = journey.system;
  const { threadId } = await writes(SECRET);
  const away = await Observer.live(near.url, business.people.bruno);
  const cursor = away.client.ready[0]?.cursor as Cursor;
  away.close();
  await writes(`while away ${SECRET}`);
  const ana = await liveClient(far.url, business.people.ana.token);
  expect((await ana.send('thread:messages', { threadId })).ok).toBe(true);
  await isOver();

  await holding(database, async (tx) => {
    await tx`lock table notes in exclusive mode`;
    await database.run('test.begin', beginTerms);
    const atNotes = async (): Promise<boolean> =>
      (await database.run('test.stage', (sql) => sql`select from erasures where stage = 'notes'`)).length > 0;
    await waitFor(atNotes, { what: 'the term at its notes' });
    await journey.workers.housekeeping.end('SIGKILL');
  });
  await waitFor(() => ana.events().some(({ type }) => type === 'thread.removed'), { what: 'the screen told' });
  expect(ana.events().find(({ type }) => type === 'thread.removed')).toMatchObject({
    data: { threadId, reason: 'erased' },
  });
  for (const name of ['thread:get', 'thread:messages'])
    expect(await ana.send(name, { threadId })).toMatchObject({ error: { code: 'not_found' } });
  expect(await ana.send('thread:list', { q: SECRET })).toMatchObject({ data: { items: [] } });

  await journey.system.spawn('consumers/housekeeping', { SIMULATOR_URL: journey.simulator.url });
  const isThrough = async (): Promise<boolean> =>
    (await database.run('test.through', (sql) => sql`select from erasures where by_term and finished_at is not null`))
      .length > 0;
  await waitFor(isThrough, { what: 'the term through' });
  const back = await Observer.live(near.url, business.people.bruno, cursor);
  await waitFor(() => back.has('socket replay', 'thread.removed'), { what: 'the one who came back told' });
  expect([...back.where(SECRET), ...back.where(digits), ...back.where('Zerlina')]).toEqual([]);

  const again = await writes('hello once more');
  expect(again.threadId).not.toBe(threadId);
  const sent = await ana.send('message:send', { threadId: again.threadId, kind: 'text', text: 'welcome' });
  expect(sent.ok).toBe(true);
  const created = (): boolean =>
    ana.events().some(({ type, data }) => type === 'thread.created' && JSON.stringify(data).includes(again.threadId));
  await waitFor(created, { what: 'the screen shown the new one' });
  expect(await ana.send('thread:list', { q: 'once more' })).toMatchObject({
    data: { items: [{ id: again.threadId }] },
  });
  for (const client of [back, ana]) client.close();
});
