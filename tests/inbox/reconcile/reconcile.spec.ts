/** What carriers are asked for that their webhooks did not tell: states, attachments, many pages, and when. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderName } from '../../../src/contract/entities.ts';
import type { AccountId } from '../../../src/contract/ids.ts';
import { GapWatch } from '../../../src/inbox/reconcile/gaps.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { silentLog } from '../../support/log.ts';
import { createThread } from '../../support/outbound.ts';
import { ACCOUNTS } from '../../support/simulated.ts';
import { createTeam, type Team } from '../../support/team.ts';
import { addSimulated, makeDue, startUpkeep, type Upkeep } from '../../support/upkeep.ts';

interface Said {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
}

let db: TestDatabase;
let carrier: Server;
let upkeep: Upkeep;
let team: Team;
let answer: (path: string, body: string) => Said;
const asked: string[] = [];
/** The number of the last customer to whom we wrote: everybody has one of their own. */
let customers = 15_550_101_000;
const ids = {} as Record<ProviderName, AccountId>;

beforeAll(async () => {
  db = await createTestDatabase();
  carrier = createServer((request, response) => {
    void read(request).then((body) => {
      asked.push(`${request.url ?? ''} ${body}`);
      const said = answer(request.url ?? '', body);
      response.writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers });
      response.end(JSON.stringify(said.body));
    });
  });
  carrier.listen(0, '127.0.0.1');
  await once(carrier, 'listening');
  upkeep = await startUpkeep(db, `http://127.0.0.1:${String((carrier.address() as AddressInfo).port)}`);
  team = await createTeam(db.database);
  for (const provider of ['evolution', 'twilio'] as const) ids[provider] = await addSimulated(team, provider);
});
afterAll(async () => {
  await upkeep.stop();
  carrier.close();
  await db.drop();
});
beforeEach(() => {
  asked.length = 0;
});

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

/** One round for this number. */
async function reconcile(provider: ProviderName): Promise<number> {
  await db.database.run(
    'test.later',
    (sql) => sql`update account_upkeep set next_reconcile_at = now() + interval '1 hour'`,
  );
  await makeDue(team, ids[provider]);
  const fresh = await upkeep.run('reconcile');
  await upkeep.ingest();
  return fresh;
}

/** A message of ours that the carrier took under this id. */
async function sent(provider: ProviderName, providerMessageId: string): Promise<void> {
  const { tenantId } = team;
  const account = { tenantId, accountId: ids[provider], channel: '' };
  const { threadId } = await createThread(db.database, account, String((customers += 1)));
  await db.database.run(
    'test.sent',
    (sql) => sql`
      insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, send_state, status, author_type,
        sent_at, received_at, position, provider_message_id, at_sent)
      values (${tenantId}, ${uuid7()}, ${threadId}, ${ids[provider]}, 'outbound', 'text', 'x', 'accepted', 'sent', 'member',
        now(), now(), '1', ${providerMessageId}, now())`,
  );
}

async function stored(providerMessageId: string): Promise<Record<string, unknown> | undefined> {
  const rows = await db.database.run(
    'test.message',
    (sql) => sql<{ entity: Record<string, unknown> }[]>`
      select message_json(m) as entity from messages m where provider_message_id = ${providerMessageId}`,
  );
  return rows[0]?.entity;
}

async function upkeepOf(provider: ProviderName): Promise<{ readonly dueInS: number; readonly done: boolean }> {
  const [row] = await db.database.run(
    'test.upkeep',
    (sql) => sql<{ dueInS: number; done: boolean }[]>`
      select extract(epoch from next_reconcile_at - now())::float8 as "dueInS",
        coalesce(reconciled_at > now() - interval '1 minute', false) as done
      from account_upkeep where account_id = ${ids[provider]}`,
  );
  return row!;
}

const seconds = (): number => Math.floor(Date.now() / 1000);

/** A record of an Evolution server's database. */
const record = (id: string, over: Record<string, unknown> = {}): Record<string, unknown> => ({
  key: { id, fromMe: false, remoteJid: '15550100777@s.whatsapp.net' },
  ...{ pushName: 'Ada', messageType: 'conversation', message: { conversation: `text of ${id}` } },
  ...{ messageTimestamp: seconds(), source: 'android', ...over },
});
const page = (records: unknown[], number = 1, pages = 1): Said => ({
  body: { messages: { total: pages, pages, currentPage: number, records } },
});
/** A message of Twilio's list. */
const resource = (sid: string, over: Record<string, unknown>): Record<string, unknown> => ({
  ...{ sid, from: 'whatsapp:+15550100777', to: ACCOUNTS.twilio.channel, body: '', num_media: '0' },
  ...{ direction: 'inbound', status: 'received', date_sent: new Date().toUTCString(), error_code: null, ...over },
});
const list = (...messages: unknown[]): Said => ({ body: { messages, next_page_uri: null } });
const ofPage = (body: string): number => (JSON.parse(body) as { page: number }).page;

describe('what the webhooks did not tell', () => {
  it.each([
    ['DELIVERY_ACK', 'delivered'],
    ['READ', 'read'],
  ])('Evolution: that a message is %s', async (word, status) => {
    const id = `3A${uuid7()}`;
    await sent('evolution', id);
    const key = { id, fromMe: true, remoteJid: '15550100777@s.whatsapp.net' };
    answer = () => page([record(id, { key, source: 'unknown', MessageUpdate: [{ status: word }] })]);
    expect(await reconcile('evolution')).toBe(1);
    expect(await stored(id)).toMatchObject({ status });
    expect(await reconcile('evolution')).toBe(0);
  });

  it.each([
    ['delivered', 'delivered', null],
    ['read', 'read', null],
    ['undelivered', 'failed', '63024'],
  ])('Twilio: that a message is %s', async (word, status, code) => {
    const sid = `SM${uuid7().replaceAll('-', '')}`;
    await sent('twilio', sid);
    const ends = { from: ACCOUNTS.twilio.channel, to: 'whatsapp:+15550100777', direction: 'outbound-api' };
    const said = { ...ends, status: word, error_code: code === null ? null : Number(code) };
    answer = (path) => (path.includes('?From=') ? list(resource(sid, said)) : list());
    expect(await reconcile('twilio')).toBe(1);
    expect(await stored(sid)).toMatchObject({ status, error: code === null ? null : { code } });
    expect(await reconcile('twilio')).toBe(0);
  });

  it('Twilio: a message with a picture and a film', async () => {
    const sid = `MM${uuid7().replaceAll('-', '')}`;
    answer = (path) => {
      const files = [
        { sid: 'ME1', content_type: 'image/jpeg' },
        { sid: 'ME2', content_type: 'video/mp4' },
      ];
      if (path.includes('/Media.json')) return { body: { media_list: files } };
      return path.includes('?To=') ? list(resource(sid, { body: 'look', num_media: '2' })) : list();
    };
    expect(await reconcile('twilio')).toBe(1);
    expect(await stored(sid)).toMatchObject({
      kind: 'image',
      text: 'look',
      media: { mime: 'image/jpeg', state: 'pending' },
    });
    expect(await stored(`${sid}-1`)).toMatchObject({ kind: 'video', text: null, media: { mime: 'video/mp4' } });
    const [media] = await db.database.run(
      'test.media',
      (sql) => sql<{ url: string }[]>`select source->>'url' as url from media where mime = 'image/jpeg'`,
    );
    expect(media?.url).toMatch(/Messages\/MM\w+\/Media\/ME1$/);
  });
});

describe('a list of many pages', () => {
  it('is read on where it stopped, until its end, however long it is', async () => {
    const pages = 120;
    answer = (_path, body) => page([record(`long-${String(ofPage(body))}`)], ofPage(body), pages);
    const rounds: unknown[] = [];
    for (let round = 1; round <= 3; round += 1) {
      const fresh = await reconcile('evolution');
      const { dueInS, done } = await upkeepOf('evolution');
      rounds.push([fresh, dueInS < 60, done && round === 3]);
    }
    expect(rounds).toEqual([
      [50, true, false],
      [50, true, false],
      [20, false, true],
    ]);
    expect(new Set(asked).size).toBe(pages);
  });

  it('waits as long as the carrier asks, and goes on from there', async () => {
    answer = (_path, body) =>
      ofPage(body) === 2
        ? { status: 429, headers: { 'retry-after': '120' }, body: {} }
        : page([record(`first-${uuid7()}`)], 1, 2);
    expect(await reconcile('evolution')).toBe(0);
    const { dueInS } = await upkeepOf('evolution');
    expect(dueInS).toBeGreaterThan(100);
    expect(dueInS).toBeLessThan(121);
    asked.length = 0;
    answer = (_path, body) => page([record('second')], ofPage(body), 2);
    await reconcile('evolution');
    expect(asked.map((line) => ofPage(line.slice(line.indexOf(' ') + 1)))).toEqual([2]);
    expect(await stored('second')).toMatchObject({ text: 'text of second' });
  });

  it('is begun anew where the carrier does not know the place any more', async () => {
    answer = (_path, body) => (ofPage(body) === 2 ? { status: 429, body: {} } : page([record(uuid7())], 1, 2));
    await reconcile('evolution');
    answer = () => ({ status: 404, body: {} });
    await reconcile('evolution');
    asked.length = 0;
    answer = (_path, body) => page([], ofPage(body), 1);
    await reconcile('evolution');
    expect(asked.map((line) => ofPage(line.slice(line.indexOf(' ') + 1)))).toEqual([1]);
  });
});

describe('a gap', () => {
  const quiet = () =>
    db.database.run(
      'test.quiet',
      (sql) => sql`update account_upkeep set next_reconcile_at = now() + interval '1 hour'`,
    );
  const nobodySince = (ago: string) =>
    db.database.run('test.nobody', (sql) => sql`update gateway_watch set at = now() - ${ago}::interval`);

  it('in which no gateway was there makes every number due, once, whichever gateway sees it', async () => {
    const [one, two] = [1, 2].map(() => new GapWatch({ db: db.database, log: silentLog }));
    await one!.look();
    await quiet();
    expect([await one!.look(), await two!.look()]).toEqual([0, 0]);
    await nobodySince('20 seconds');
    expect(await one!.look()).toBe(0);
    await nobodySince('10 minutes');
    const counts = await Promise.all([one!.look(), two!.look()]);
    expect(counts.sort()).toEqual([0, 2]);
    expect((await upkeepOf('twilio')).dueInS).toBeLessThanOrEqual(0);
  });

  it('in which webhooks were refused does so as soon as Postgres is there', async () => {
    await quiet();
    const watch = new GapWatch({ db: db.database, log: silentLog });
    watch.refused();
    expect(await watch.look()).toBe(2);
    await quiet();
    expect(await watch.look()).toBe(0);
  });

  it('is looked for once at a time; what is refused meanwhile is for the next look', async () => {
    await quiet();
    const watch = new GapWatch({ db: db.database, log: silentLog });
    watch.refused();
    const looks = [watch.look(), watch.look()];
    watch.refused();
    expect(await Promise.all(looks)).toEqual([2, 2]);
    await quiet();
    expect(await watch.look()).toBe(2);
  });

  it('is not forgotten by a look that fails', async () => {
    await quiet();
    let isAway = true;
    const run: Database['run'] = (...call) =>
      isAway ? Promise.reject(new Error('Postgres is away')) : db.database.run(...call);
    const watch = new GapWatch({ db: { run }, log: silentLog });
    watch.refused();
    await expect(watch.look()).rejects.toThrow('Postgres is away');
    isAway = false;
    expect(await watch.look()).toBe(2);
  });
});
