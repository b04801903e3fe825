/** Whatever is wrong with an input, it is refused by name, changes nothing, is counted, and is not written to a log. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_NAMES, type CommandName } from '../../src/contract/commands.ts';
import { ERROR_STATUS } from '../../src/contract/errors.ts';
import { openBusiness, startJourney, type Business, type Journey } from '../support/journey.ts';
import { Observer } from '../support/observer.ts';
import { ownThread } from '../support/stage.ts';
import { everythingOf } from '../support/stored.ts';
import type { Own } from '../support/surfaces.ts';
import { postCloudSigned, SECRETS, signCloud, textValue } from '../support/system.ts';
import { wrongContacts } from '../support/wrong-contacts.ts';
import { wrongOfTheTeam } from '../support/wrong-of-the-team.ts';
import { wrongPlaces } from '../support/wrong-places.ts';
import { waitFor } from '../support/wait.ts';

/** In every text, name and address that is sent here. */
const WORD = `giraffe${randomBytes(6).toString('hex')}`;
const PHONE = '15557654321';
const NUL = String.fromCharCode(0);

let journey: Journey;
let business: Business;
let lead: Observer;
let own: Own;

beforeAll(async () => {
  journey = await startJourney({ env: { LOG_LEVEL: 'debug' } });
  business = await openBusiness(journey);
  own = await ownThread(journey, business, 'ana');
  lead = await observe(journey.nodes[0].url);
});
afterAll(async () => {
  lead.close();
  await journey.stop();
});

const observe = (url: string): Promise<Observer> => Observer.live(url, business.people.lead);

const state = (): Promise<unknown> => everythingOf(journey.system.database, business.tenantId);

async function metric(name: string, label: string): Promise<number> {
  const texts = await Promise.all(journey.nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith(`${name}{`) && line.includes(label))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

const deep = (levels: number): unknown => (levels === 0 ? WORD : { inner: deep(levels - 1) });

/** Wrong for every command. */
const ALWAYS_WRONG: readonly unknown[] = [
  null,
  WORD,
  42,
  true,
  [],
  [{ threadId: 'x' }],
  { [WORD]: 1 },
  { commandId: WORD },
  { commandId: 42 },
  { ...(JSON.parse(`{"__proto__":{"${WORD}":1}}`) as object), unknownField: WORD },
  deep(40),
  { text: 'x'.repeat(100_000), unknown: WORD },
];

/** Wrong for one command. */
function wrongFor(name: CommandName): readonly unknown[] {
  const { threadId, messageId } = own;
  const send = { threadId, kind: 'text' };
  const table: { readonly [N in CommandName]: readonly unknown[] } = {
    'inbox:snapshot': [{ limit: 0 }, { limit: 101 }, { limit: '5' }, { limit: 1.5 }, { view: { status: WORD } }],
    'thread:list': [
      ...[{ q: 'x'.repeat(201) }, { after: WORD }, { tag: `a\n${WORD}` }, { assignee: WORD }, { limit: -1 }],
      ...[{ order: WORD }, { order: 1 }, { unread: WORD }, { unread: null }],
    ],
    ...wrongPlaces(WORD, own),
    'thread:open': [{}, { threadId: 7 }],
    'thread:close': [{}, { threadId: null }],
    'thread:read': [
      { threadId },
      { threadId, upToMessageId: WORD },
      { threadId, upToMessageId: messageId, receipt: 1 },
    ],
    'thread:mark-unread': [
      {},
      { threadId: WORD },
      { threadId, fromMessageId: WORD },
      { threadId, fromMessageId: null },
    ],
    'thread:assign': [{}, { threadId, assigneeId: WORD }, { threadId, assigneeId: null, expectedVersion: -1 }],
    'thread:set-status': [{ threadId }, { threadId, status: WORD }, { threadId, status: 'snoozed', snoozeUntil: WORD }],
    'thread:set-tags': [
      { threadId, add: [''] },
      { threadId, add: [`${WORD}${'x'.repeat(50)}`] },
      { threadId, add: WORD },
    ],
    'message:send': [
      { ...send },
      { ...send, text: '   ' },
      { ...send, text: `${WORD}${'x'.repeat(4097)}` },
      { ...send, text: WORD, accountId: business.accountId, to: PHONE },
      { kind: 'text', text: WORD, accountId: business.accountId, to: WORD },
      { ...send, kind: 'template' },
      { ...send, kind: WORD, text: WORD },
      { ...send, kind: 'reaction', reaction: { messageId, emoji: WORD.repeat(5) } },
      { ...send, text: WORD, replyToMessageId: WORD },
      { ...send, text: { body: WORD } },
    ],
    'media:retry': [{}, { messageId: WORD }],
    'message:retry': [{}, { messageId: WORD }],
    'note:add': [
      { threadId, text: '' },
      { threadId, text: ' \n' },
      { threadId, text: WORD, mentions: [WORD] },
    ],
    ...wrongContacts(WORD, threadId),
    'typing:set': [{ threadId }, { threadId, typing: 'yes' }],
    'presence:set': [{}, { state: WORD }],
    'account:list': [],
    'account:create': [
      {},
      { provider: WORD, name: 'x', externalId: 'x' },
      { provider: 'cloud', name: ' ', externalId: 'x' },
      { provider: 'cloud', name: 'x', externalId: 'x'.repeat(201) },
      { provider: 'cloud', name: 'x', externalId: 'x', phone: WORD },
      { provider: 'cloud', name: 'x', externalId: 'x', apiBaseUrl: `ftp://${WORD}` },
      { provider: 'cloud', name: 'x', externalId: 'x', accountSid: WORD },
      { provider: 'cloud', name: 'x', externalId: 'x', businessId: WORD },
      { provider: 'cloud', name: 'x', externalId: 'x', secret: 'a,b,c' },
      { provider: 'cloud', name: 'x', externalId: 'x', readReceipts: WORD },
    ],
    'account:update': [
      {},
      { accountId: WORD },
      { accountId: business.accountId, name: '' },
      { accountId: business.accountId, addSecret: 'a,b' },
      { accountId: business.accountId, dropFirstSecret: false },
      { accountId: business.accountId, externalId: WORD },
    ],
    'account:test': [{}, { accountId: WORD }],
    'account:disable': [{}, { accountId: 7 }],
    'account:enable': [{}, { accountId: null }],
    'account:pair': [{}, { accountId: WORD }],
    ...wrongOfTheTeam(WORD, threadId),
    'template:list': [{}, { accountId: WORD }, { accountId: business.accountId, q: 'x'.repeat(201) }],
    'template:sync': [{}, { accountId: [WORD] }],
    'report:read': [
      {},
      { from: WORD, to: '2026-01-02' },
      { from: '2026-02-30', to: '2026-03-01' },
      { from: '2026-01-02', to: '2026-01-01' },
      { from: '2026-01-01', to: '2026-04-03' },
      { from: '1969-12-31', to: '1970-01-01' },
      { from: '9999-12-30', to: '9999-12-31' },
      ...[WORD, '+02:00', '../etc'].map((timeZone) => ({ from: '2026-01-01', to: '2026-01-02', timeZone })),
    ],
    'session:renew': [{}, { token: '' }, { token: 7 }],
  };
  return table[name];
}

describe('a command with a bad input', () => {
  it('is refused as invalid_input, changes nothing and is counted, whichever command it is', async () => {
    const before = await state();
    const counted = await metric('hunfly_realtime_commands_total', 'result="invalid_input"');
    const wrong: string[] = [];
    let refused = 0;
    const all = COMMAND_NAMES.flatMap((name) => [...ALWAYS_WRONG, ...wrongFor(name)].map((input) => ({ name, input })));
    // Each connection has a budget of its own.
    const lanes = [lead, ...(await Promise.all([0, 1, 1, 0].map((at) => observe(journey.nodes[at]?.url ?? ''))))];
    const next = all.values();
    await Promise.all(
      lanes.map(async (lane) => {
        for (const { name, input } of next) {
          const answer = await lane.send(name, input);
          const code = answer.ok ? 'ok' : answer.error.code;
          if (code === 'invalid_input') refused += 1;
          else wrong.push(`${name} ${JSON.stringify(input).slice(0, 100)}: ${code}`);
        }
      }),
    );
    for (const lane of lanes.slice(1)) lane.close();
    expect(wrong).toEqual([]);
    expect(await metric('hunfly_realtime_commands_total', 'result="invalid_input"')).toBe(counted + refused);
    expect(await state()).toEqual(before);
  });

  it('is still answered after packets that are no commands, which are counted', async () => {
    const counted = await metricPlain('hunfly_realtime_unknown_events_total');
    for (const name of [WORD, 'thread:delete', '__proto__', 'constructor', 'events', 'ready']) {
      lead.client.socket.emit(name, { text: WORD });
    }
    await waitFor(async () => (await metricPlain('hunfly_realtime_unknown_events_total')) === counted + 6);
    expect(await lead.send('thread:list', {})).toMatchObject({ ok: true });
  });
});

async function metricPlain(name: string): Promise<number> {
  const text = await (await fetch(`${journey.nodes[0].url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

type Case = readonly [path: string, init: RequestInit, status: number];

/** Empty where the answer has the status and names a public error. */
async function wronglyAnswered([path, init, status]: Case): Promise<string[]> {
  const response = await fetch(`${lead.url}${path}`, init);
  const text = await response.text();
  const { error = {} } = (text.startsWith('{') ? JSON.parse(text) : {}) as { error?: Record<string, string> };
  const named = (error['code'] ?? '') in ERROR_STATUS && error['correlationId'] !== undefined;
  if (response.status === status && named) return [];
  return [`${init.method ?? 'GET'} ${path.slice(0, 80)}: ${String(response.status)} ${text}`];
}

describe('a request with something wrong', () => {
  const list = '/api/inbox/conversations';
  const json = { 'content-type': 'application/json' };

  it('is refused with a public error of its own status, never with 5xx, and is counted', async () => {
    const before = await state();
    const auth = { authorization: `Bearer ${lead.person.token}` };
    const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = json): RequestInit => ({
      method: 'POST',
      body,
      headers: { ...auth, ...headers },
    });
    const get = (headers: Record<string, string> = {}): RequestInit => ({ headers: { ...auth, ...headers } });
    const send = '/api/inbox/send_message';
    const { threadId } = own;
    const signed = signCloud(textValue(business.channel, 'wamid.bad', { text: WORD }), 'another secret');
    const cases: readonly Case[] = [
      [list, {}, 401],
      [list, { headers: { authorization: 'Basic Zm9v' } }, 401],
      [list, { headers: { authorization: `Bearer ${WORD}` } }, 401],
      [list, get({ 'x-tenant-id': WORD }), 400],
      [`${list}?limit=0`, get(), 400],
      [`${list}?limit=ten`, get(), 400],
      [`${list}?status=${WORD}`, get(), 400],
      [`${list}?status=open&status=pending`, get(), 400],
      [`${list}?cursor=${WORD}`, get(), 400],
      [`${list}?q=${'x'.repeat(201)}`, get(), 400],
      [`${list}?account=${WORD}`, get(), 400],
      [`${list}/${WORD}/messages`, get(), 400],
      [`${list}/%00/messages`, get(), 400],
      [`${list}/%ff%fe/messages`, get(), 400],
      [`${list}/..%2f..%2fetc/messages`, get(), 400],
      [`/api/reports?from=2026-01-02&to=2026-01-01`, get(), 400],
      [`/api/reports?from=2026-01-01&to=2026-01-02&timeZone=${WORD}`, get(), 400],
      [`/api/media/${WORD}`, get(), 404],
      [`/api/${WORD}`, get(), 404],
      [list, { ...get(), method: 'DELETE' }, 405],
      [send, post(`{"text":"${WORD}`), 400],
      [send, post(`["${WORD}"]`), 400],
      [send, post('null'), 400],
      [send, post(''), 400],
      [send, post(`{"__proto__":{"a":"${WORD}"}}`), 400],
      [send, post('['.repeat(50_000)), 400],
      [send, post(JSON.stringify({ threadId, kind: 'text', text: WORD }), { 'content-type': 'text/plain' }), 415],
      [send, post(`{"text":"${'x'.repeat(300_000)}"}`), 413],
      [send, post('{"commandId":"a"}', { ...json, 'idempotency-key': 'b' }), 400],
      [send, post('{}', { ...json, 'idempotency-key': WORD }), 400],
      [send, post(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)), 400],
      ['/api/inbox/events', get({ 'last-event-id': WORD }), 400],
      ['/api/auth/login', post(`{"email":"${WORD}","password":"x"}`), 400],
      ['/api/auth/login', post(`{"email":"${WORD}@people.example","password":"${WORD}"}`), 401],
      ['/api/webhooks/whatsapp/cloud-api', { method: 'POST', ...signed }, 401],
      [
        '/api/webhooks/whatsapp/cloud-api',
        { method: 'POST', body: signed.body, headers: { 'content-type': 'text/xml' } },
        415,
      ],
    ];
    const counted = await metric('hunfly_http_requests_total', 'status="4');
    const wrong: string[] = [];
    for (const one of cases) wrong.push(...(await wronglyAnswered(one)));
    expect(wrong).toEqual([]);
    expect(await metric('hunfly_http_requests_total', 'status="4')).toBe(counted + cases.length);
    expect(await metric('hunfly_http_requests_total', 'status="500')).toBe(0);
    expect(await state()).toEqual(before);
  });
});

describe('a text that no database could store', () => {
  it('is refused or cleaned, never an internal error', async () => {
    const { threadId } = own;
    const texts = [`${WORD}${NUL}x`, `\ud800${WORD}`, `${WORD}\udfff`, '\u202e\u0007'];
    for (const text of texts) {
      for (const [name, input] of [
        ['note:add', { threadId, text }],
        ['message:send', { threadId, kind: 'text', text }],
        ['thread:set-tags', { threadId, add: [text] }],
        ['thread:list', { q: text }],
        ['thread:list', { after: text }],
      ] as const) {
        const answer = await lead.send(name, input);
        expect(answer.ok ? 'ok' : answer.error.code).toMatch(/^(ok|invalid_input)$/);
      }
    }
  });
});

describe('the logs', () => {
  it('hold nothing of all that: no text, no number, no secret, no token', async () => {
    const value = textValue(business.channel, `wamid.${WORD}`, { from: PHONE, text: `also ${WORD}`, name: WORD });
    expect(await postCloudSigned(journey.nodes[0].url, value, business.secret)).toBe(200);
    expect(await postCloudSigned(journey.nodes[0].url, { [WORD]: PHONE }, 'not the secret')).toBe(401);
    expect(await postCloudSigned(journey.nodes[0].url, { [WORD]: PHONE }, SECRETS.META_APP_SECRET)).toBe(200);
    const processes = [...journey.nodes, ...Object.values(journey.workers), journey.simulator];
    const read = async (): Promise<string> =>
      (await Promise.all(processes.map(({ logFile }) => readFile(logFile, 'utf8')))).join('\n');
    await waitFor(async () => (await read()).includes('A webhook was applied.'), { what: 'the last lines' });
    const text = await read();
    const secrets = [...Object.values(SECRETS), business.secret, lead.person.token, lead.person.email];
    for (const marker of [WORD, PHONE, ...secrets]) {
      const line = text.split('\n').find((one) => one.includes(marker));
      expect({ marker, line }).toEqual({ marker, line: undefined });
    }
    // There was something to find: the requests are all there.
    expect(text.match(/Request answered/g)?.length).toBeGreaterThan(30);
    expect(text).not.toContain('"level":"error"');
  });
});
