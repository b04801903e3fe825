/** Real webhook bodies through the real endpoint and the worker into Postgres: the rows are what an inbox must have. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Thread } from '../../src/contract/entities.ts';
import { Message } from '../../src/contract/message.ts';
import { badCases, corpusCases, variationCases, type BadCase, type CorpusCase } from '../providers/corpus.ts';
import { damagedBodies } from '../providers/damaged.ts';
import { formOf, twilioSignature } from '../providers/form.ts';
import { ask, newAccount, newTenant, sign, startGateway, type Answer, type Gateway } from '../http/support.ts';
import { drain } from '../support/drain.ts';

const PUBLIC_URL = 'https://inbox.example.test';
const ROOT = '/api/webhooks/whatsapp';
const META = 'test_app_secret_0123456789abcdef';
const META_B = 'test_app_secret_TENANT_B_89abcdef';
const EVOLUTION = 'DUMMY-PATH-SECRET';
const TWILIO = 'test_auth_token_0123456789abcdef';
const SID = 'AC00000000000000000000000000000001';

let gateway: Gateway;
let tenantA: string;

beforeAll(async () => {
  gateway = await startGateway({ deps: { publicUrl: PUBLIC_URL } });
  const [a, b] = [await newTenant(gateway.db, 'tenant-a'), await newTenant(gateway.db, 'tenant-b')];
  tenantA = a;
  const { db } = gateway;
  await newAccount(db, { tenantId: a, provider: 'cloud', externalId: '100000000000001', secret: META });
  await newAccount(db, { tenantId: b, provider: 'cloud', externalId: '100000000000002', secret: META_B });
  await newAccount(db, { tenantId: a, provider: 'evolution', externalId: 'acme-support', secret: EVOLUTION });
  await newAccount(db, {
    ...{ tenantId: a, provider: 'twilio', externalId: 'whatsapp:+15550100000', secret: TWILIO, accountSid: SID },
  });
  await gateway.directory.refresh();
});
afterAll(() => gateway.close());

type Provider = 'cloud' | 'evolution' | 'twilio';

function post(provider: Provider, body: Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  const json = { 'content-type': 'application/json' };
  if (provider === 'cloud') {
    const proof = { ...json, 'x-hub-signature-256': sign(body, META), ...headers };
    return ask(gateway, { method: 'POST', path: `${ROOT}/cloud-api`, headers: proof, body });
  }
  if (provider === 'evolution') {
    const proof = { ...json, 'x-webhook-secret': EVOLUTION, ...headers };
    return ask(gateway, { method: 'POST', path: `${ROOT}/evolution`, headers: proof, body });
  }
  const signature = twilioSignature(`${PUBLIC_URL}${ROOT}/twilio`, body, TWILIO);
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature, ...headers };
  return ask(gateway, { method: 'POST', path: `${ROOT}/twilio`, headers: form, body });
}

interface Row {
  readonly entity: Record<string, unknown>;
  readonly history: boolean;
  readonly unread: boolean;
  readonly addresses: readonly string[];
}

async function rowOf(id: string): Promise<Row | undefined> {
  const rows = await gateway.db.run(
    'test.row',
    (sql) => sql<Row[]>`
      select message_json(m) as entity, m.history, m.unread, array(
        select case a.type when 'wa_id' then '+' else a.type || ':' end || a.value from contact_addresses a
        where a.tenant_id = t.tenant_id and a.contact_id = t.contact_id) as addresses
      from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = ${tenantA} and m.provider_message_id = ${id}`,
  );
  return rows[0];
}

async function parkedFor(target: string, kind: string): Promise<number> {
  const [row] = await gateway.db.run(
    'test.parked',
    (sql) => sql<{ n: number }[]>`
      select count(*)::int as n from parked where tenant_id = ${tenantA} and target_id = ${target} and kind = ${kind}`,
  );
  return row?.n ?? 0;
}

type Expected = CorpusCase['expected'][number];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const isKnown = (event: Expected): boolean => event['channel'] !== undefined && event['kind'] !== 'ignored';

/** What the row of an expected message must show; `changed` ids were edited, revoked or filled by another fixture. */
function wantedOf(event: Expected, changed: ReadonlySet<string>): Record<string, unknown> {
  const content = {
    kind: event['type'] === 'media_placeholder' ? 'unsupported' : event['type'],
    text: event['text'],
    mime: (event['media'] as Expected | null | undefined)?.['mime'],
  };
  return {
    direction: event['direction'],
    ...(changed.has(text(event['provider_message_id'])) ? {} : content),
    sentAt: event['timestamp_iso'] ?? undefined,
    quote: event['context_id'],
    unread: event['direction'] === 'inbound' && event['history'] !== true,
    history: event['history'] === true,
    inChat: true,
  };
}

function chatOf(event: Expected): string {
  return text(event['chat'] ?? (event['direction'] === 'outbound' ? event['to'] : event['from']));
}

async function wrongMessage(event: Expected, changed: ReadonlySet<string>): Promise<unknown> {
  const id = text(event['provider_message_id']);
  const row = await rowOf(id);
  if (row === undefined) return `${id}: no row`;
  const { entity, unread, history, addresses } = row;
  const quote = (entity['replyTo'] as Expected | null)?.['providerMessageId'] ?? null;
  const mime = (entity['media'] as Expected | null)?.['mime'];
  const found: Expected = { ...entity, quote, mime, unread, history, inChat: addresses.includes(chatOf(event)) };
  const wanted = wantedOf(event, changed);
  const differing = Object.keys(wanted).filter((key) => wanted[key] !== undefined && found[key] !== wanted[key]);
  return differing.length === 0 ? null : { id, differing: differing.map((key) => [key, wanted[key], found[key]]) };
}

/** What is wrong with what an item about another message left: on that message, or waiting for it. */
async function wrongChange(event: Expected, kind: string): Promise<unknown> {
  const target = text(kind === 'status' ? event['provider_message_id'] : event['target_id']);
  if ((await parkedFor(target, kind)) > 0) return null;
  return (await rowOf(target)) === undefined ? `${kind} of ${target}: neither applied nor waiting` : null;
}

const KINDS: Record<string, (event: Expected, changed: ReadonlySet<string>) => Promise<unknown>> = {
  message: wrongMessage,
  status: (event) => (event['status'] === 'pending' ? Promise.resolve(null) : wrongChange(event, 'status')),
  reaction: (event) => wrongChange(event, 'reaction'),
  edit: (event) => wrongChange(event, 'edit'),
  revoke: (event) => wrongChange(event, 'revoke'),
  poll_vote: (event) => wrongChange(event, 'vote'),
  history_media: (event) => wrongChange(event, 'file'),
  contact_change: async (event) => {
    const row = await rowOf(text(event['provider_message_id']));
    return row?.entity['kind'] === 'system' ? null : 'no notice of a change';
  },
  call: async (event) => {
    const row = await rowOf(text(event['provider_call_id']));
    return row?.entity['kind'] === 'system' ? null : 'no notice of a call';
  },
};

describe('the whole corpus and its variations', () => {
  const cases = (['cloud', 'evolution', 'twilio'] as const).flatMap((provider) =>
    [...corpusCases(provider), ...variationCases(provider)].map((one) => ({ ...one, provider })),
  );
  const events = cases.flatMap(({ expected }) => expected);

  it('is answered 200, applied, and is in the rows as it must be', async () => {
    for (const { provider, body, name } of cases) {
      const answer = await post(provider, provider === 'twilio' ? formOf(body) : body);
      expect([name, answer.status]).toEqual([name, 200]);
    }
    expect(await drain(gateway)).toBe(cases.length);
    const changed = new Set(
      events.filter(({ kind }) => kind !== 'status' && kind !== 'reaction').map((event) => text(event['target_id'])),
    );
    const wrong: unknown[] = [];
    for (const event of events.filter(isKnown)) {
      const found = await KINDS[text(event['kind'])]?.(event, changed);
      if (found != null) wrong.push(found);
    }
    expect(wrong).toEqual([]);
  });

  it('left a row for each message and notice, and nothing else', async () => {
    const own = events.filter(isKnown).flatMap((event) => {
      if (event['kind'] === 'call') return [text(event['provider_call_id'])];
      return event['kind'] === 'message' || event['kind'] === 'contact_change'
        ? [text(event['provider_message_id'])]
        : [];
    });
    const rows = await gateway.db.run(
      'test.ids',
      (sql) => sql<{ id: string }[]>`select provider_message_id as id from messages where tenant_id = ${tenantA}`,
    );
    expect(rows.map(({ id }) => id).sort()).toEqual([...new Set(own)].sort());
  });

  it('is what clients are promised, row by row', async () => {
    expect(await shapeless()).toEqual([]);
  });

  it('again, in another order, changes nothing', async () => {
    const before = await fingerprint();
    for (const { provider, body } of cases.toReversed())
      await post(provider, provider === 'twilio' ? formOf(body) : body);
    await drain(gateway);
    expect(await fingerprint()).toEqual(before);
  });
});

/** What is stored and does not have the shape that clients are promised. */
async function shapeless(): Promise<unknown[]> {
  const [found] = await gateway.db.run(
    'test.entities',
    (sql) => sql<{ messages: unknown[]; threads: unknown[] }[]>`
      select (select jsonb_agg(message_json(m)) from messages m) as messages,
        (select jsonb_agg(thread_json(t)) from threads t) as threads`,
  );
  const { messages = [], threads = [] } = found ?? {};
  expect(messages.length).toBeGreaterThan(100);
  const results = [...messages.map((one) => Message.safeParse(one)), ...threads.map((one) => Thread.safeParse(one))];
  return results.flatMap(({ error }) => error?.issues ?? []);
}

/** Everything that webhooks write, but for what tells when they came. */
async function fingerprint(): Promise<unknown> {
  return await gateway.db.run(
    'test.fingerprint',
    (sql) => sql`
      select (select count(*) from messages) as messages, (select count(*) from threads) as threads,
        (select count(*) from contacts) as contacts, (select count(*) from contact_addresses) as addresses,
        (select sum(unread_count) from threads) as unread,
        (select md5(string_agg(text || status || coalesce(revoked_at::text, ''), ',' order by id)) from messages) as texts`,
  );
}

async function counts(): Promise<{ messages: number; poison: number }> {
  const [row] = await gateway.db.run(
    'test.counts',
    (sql) => sql<{ messages: number; poison: number }[]>`
      select (select count(*)::int from messages) as messages,
        (select count(*)::int from dead_letters where reason = 'poison') as poison`,
  );
  return row ?? { messages: -1, poison: -1 };
}

let good = 0;
const goodBody = (): Buffer => {
  good += 1;
  const message = {
    from: '15550100177',
    id: `wamid.good-${String(good)}`,
    timestamp: '1760000000',
    type: 'text',
    text: { body: 'good' },
  };
  const value = {
    metadata: { phone_number_id: '100000000000001', display_phone_number: '15550100000' },
    messages: [message],
  };
  return Buffer.from(
    JSON.stringify({
      object: 'whatsapp_business_account',
      entry: [{ id: '2', changes: [{ field: 'messages', value }] }],
    }),
  );
};

describe('hostile bodies', () => {
  const cases = [...badCases('cloud'), ...badCases('evolution')].filter(
    ({ headers }) => headers['content-type'] !== undefined,
  );

  it('are all here', () => {
    expect(cases.length).toBeGreaterThan(30);
  });

  it.each(cases)('$name stores what it should, and a good webhook in the same batch is unharmed', async (one) => {
    const before = await counts();
    const provider = one.provider as Provider;
    const answer = await post(provider, one.body, withoutProof(one));
    expect(one.expect['status']).toContain(answer.status);
    expect((await post('cloud', goodBody())).status).toBe(200);
    await drain(gateway);
    const after = await counts();
    expect(after.poison).toBe(0);
    const stored = after.messages - before.messages - 1;
    const wanted = one.expect['stored_messages'];
    if (typeof wanted === 'number') expect(stored).toBe(REPLAYED.test(one.name) ? 0 : wanted);
    if (answer.status !== 200) expect(stored).toBe(0);
  });
});

/** Its message has an id that the corpus has stored already. */
const REPLAYED = /^28_/;

/** The case's own proof replaces the right one, also by being absent. */
function withoutProof({ provider, name, headers }: BadCase): Record<string, string> {
  if (provider === 'cloud') return { 'x-hub-signature-256': '', ...headers };
  return /^2[34]_/.test(name) ? { 'x-webhook-secret': '', ...headers } : headers;
}

describe('under a valid signature', () => {
  it('any JSON is answered 200 or 400, applied without a poisoned item, and harms no neighbour', async () => {
    for (const provider of ['cloud', 'evolution', 'twilio'] as const) {
      const before = await counts();
      const bodies = fc.sample(damagedBodies(provider), 150);
      for (const json of bodies) {
        const body = provider === 'twilio' ? asForm(json) : Buffer.from(json);
        const { status } = await post(provider, body);
        expect([json.slice(0, 200), status]).toEqual([json.slice(0, 200), status === 400 ? 400 : 200]);
      }
      await post('cloud', goodBody());
      await drain(gateway);
      const after = await counts();
      expect(after.poison).toBe(before.poison);
      expect(await rowOf(`wamid.good-${String(good)}`)).toBeDefined();
    }
    expect(await shapeless()).toEqual([]);
  });
});

function asForm(json: string): Buffer {
  const value = JSON.parse(json) as unknown;
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [['Body', value]];
  const fields = entries.map(([name, item]): [string, string] => [
    String(name).toWellFormed(),
    String(typeof item === 'object' ? JSON.stringify(item) : item).toWellFormed(),
  ]);
  return Buffer.from(new URLSearchParams(fields).toString());
}
