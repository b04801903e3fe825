import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  askRaw,
  count,
  errorOf,
  newAccount,
  newTenant,
  sign,
  startGateway,
  streamEntries,
  type Answer,
  type Ask,
  type Gateway,
} from './support.ts';
import type { TenantId } from '../../src/contract/ids.ts';
import { waitFor } from '../support/wait.ts';

const GLOBAL = 'global-app-secret';
const ROTATED = 'global-app-secret-before';
const CLOUD = '/api/webhooks/whatsapp/cloud-api';
const EVOLUTION = '/api/webhooks/whatsapp/evolution';
const JSON_TYPE = { 'content-type': 'application/json' };

let gateway: Gateway;
let tenantId: TenantId;

beforeAll(async () => {
  gateway = await startGateway({ globalSecrets: { cloud: [GLOBAL, ROTATED], evolution: ['global-evolution'] } });
  tenantId = await newTenant(gateway.db, 'acme');
  await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
  await newAccount(gateway.db, {
    tenantId,
    provider: 'cloud',
    externalId: '2',
    secret: 'own-secret, own-secret-before',
  });
});
afterAll(() => gateway.close());

function bodyFor(phoneNumberId: string, text = 'hello'): string {
  const value = {
    messaging_product: 'whatsapp',
    metadata: { phone_number_id: phoneNumberId },
    messages: [{ id: text }],
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: 'w', changes: [{ field: 'messages', value }] }],
  });
}

function post(body: string | Buffer, secret: string, headers: Record<string, string> = {}): Promise<Answer> {
  const signed = { ...JSON_TYPE, 'x-hub-signature-256': sign(body, secret), ...headers };
  return ask(gateway, { method: 'POST', path: CLOUD, headers: signed, body });
}

describe('a signed webhook', () => {
  it('is on the stream, byte for byte, when it is answered 200', async () => {
    const body = bodyFor('1', 'Olá \\u00e1 \\/ 12345678901234567890');
    const answer = await post(body, GLOBAL, { 'x-correlation-id': 'meta.1' });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-correlation-id']).toBe('meta.1');
    const entry = (await streamEntries(gateway)).find((one) => one.body?.toString() === body);
    expect(entry).toMatchObject({ auth: 'global', correlationId: 'meta.1' });
  });

  it.each(['/', '?from=meta'])('is answered and counted the same at its path with %s behind it', async (more) => {
    const body = bodyFor('1', `spelled ${more}`);
    const id = `trace${String(more.length)}`;
    const headers = { ...JSON_TYPE, 'x-hub-signature-256': sign(body, GLOBAL), 'x-correlation-id': id };
    const answers = [];
    for (const path of [CLOUD, `${CLOUD}${more}`]) {
      const { status, text, headers: told } = await ask(gateway, { method: 'POST', path, headers, body });
      answers.push([status, text, told['content-type'], told['x-correlation-id']]);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]?.[0]).toBe(200);
    const lines = gateway.logs.lines.filter((line) => line['correlationId'] === id);
    expect(lines.map((line) => [line['path'], line['status']])).toEqual(Array(2).fill([CLOUD, 200]));
    expect((await streamEntries(gateway)).filter((one) => one.body?.toString() === body).length).toBe(2);
  });

  it('is posted, and whoever tries otherwise is told so', async () => {
    const answer = await ask(gateway, { method: 'PUT', path: EVOLUTION, headers: JSON_TYPE, body: '{}' });
    expect([answer.status, errorOf(answer).code]).toEqual([405, 'unsupported']);
    expect(answer.headers.allow).toContain('POST');
    expect(errorOf(answer).correlationId).toBe(answer.headers['x-correlation-id']);
  });

  it('is accepted under the secret that is being rotated out', async () => {
    expect((await post(bodyFor('1'), ROTATED)).status).toBe(200);
    expect((await post(bodyFor('2'), 'own-secret-before')).status).toBe(200);
  });

  it('is judged by the own secret of its account, not by the global one', async () => {
    expect((await post(bodyFor('2'), 'own-secret')).status).toBe(200);
    expect((await post(bodyFor('2'), GLOBAL)).status).toBe(401);
  });

  it('of a number that nobody has is kept all the same', async () => {
    expect((await post(bodyFor('404'), GLOBAL)).status).toBe(200);
  });

  it('is accepted for an account that was added a moment ago elsewhere', async () => {
    await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '3', secret: 'brand-new' });
    expect((await post(bodyFor('3'), 'brand-new')).status).toBe(200);
  });

  it('with a wrong or missing signature is answered 401 and leaves nothing', async () => {
    const before = (await streamEntries(gateway)).length;
    const wrong = await post(bodyFor('1'), 'guessed');
    expect(wrong.status).toBe(401);
    expect(errorOf(wrong)).toMatchObject({ code: 'unauthenticated', correlationId: wrong.headers['x-correlation-id'] });
    expect((await ask(gateway, { method: 'POST', path: CLOUD, headers: JSON_TYPE, body: bodyFor('1') })).status).toBe(
      401,
    );
    expect((await streamEntries(gateway)).length).toBe(before);
  });

  it('that is broken is answered 400, and one copy of it is kept however often it comes', async () => {
    const before = await count(gateway.db, 'dead_letters');
    const broken = '{"object":"whatsapp_business_account","entry":[{"phone_number_id":"a\\u0000b"';
    expect((await post(broken, GLOBAL)).status).toBe(400);
    expect((await post(broken, GLOBAL)).status).toBe(400);
    expect(await count(gateway.db, 'dead_letters')).toBe(before + 1);
  });

  it('with a large body travels by key, and the body waits in Postgres', async () => {
    const body = bodyFor('1', 'x'.repeat(300_000));
    expect((await post(body, GLOBAL)).status).toBe(200);
    const keys = (await streamEntries(gateway)).flatMap((one) => one.key ?? []);
    const rows = await gateway.db.run(
      'test',
      (sql) => sql<{ body: Buffer }[]>`select body from webhook_bodies where key = any (${keys}::uuid[])`,
    );
    expect(rows.map((row) => row.body.toString())).toEqual([body]);
  });
});

describe('a number for which nobody has set a secret yet', () => {
  const postTwilio = (to: string): Promise<Answer> => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    };
    const body = `MessageSid=SM1&To=${encodeURIComponent(to)}`;
    return ask(gateway, { method: 'POST', path: '/api/webhooks/whatsapp/twilio', headers, body });
  };

  it('has its webhooks sent again instead of refused, since there is nothing to judge them by', async () => {
    await newAccount(gateway.db, { tenantId, provider: 'twilio', externalId: 'whatsapp:+15550100000' });
    const answer = await postTwilio('whatsapp:+15550100000');
    expect([answer.status, errorOf(answer).code]).toEqual([503, 'unavailable']);
    expect(answer.headers['retry-after']).toBe('5');
    expect((await postTwilio('whatsapp:+15550100001')).status).toBe(401);
  });
});

describe('the raw request', () => {
  it('is refused as too large without being read on, with and without a length', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, 'x');
    const known = await post(body, GLOBAL);
    expect(known.status).toBe(413);
    expect(known.headers['connection']).toBe('close');
    expect(errorOf(known).code).toBe('payload_too_large');
    const headers = { ...JSON_TYPE, 'x-hub-signature-256': 'sha256=0' };
    expect((await ask(gateway, { method: 'POST', path: CLOUD, headers, body, chunked: 100_000 })).status).toBe(413);
  });

  it('that stops in the middle of its body is answered, not waited for', async () => {
    const head = `POST ${CLOUD} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a"`;
    expect(await askRaw(gateway, head)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('with an insane correlation id gets one of ours', async () => {
    const answer = await post(bodyFor('1'), GLOBAL, { 'x-correlation-id': 'a b<c>' });
    expect(answer.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('for a provider that is not built in finds nothing', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(
      (await ask(gateway, { method: 'POST', path: '/api/webhooks/whatsapp/nobody', headers, body: 'a=b' })).status,
    ).toBe(404);
  });

  it('leaves no content in the log', async () => {
    await post(bodyFor('1', 'a-very-private-sentence'), GLOBAL);
    await post(bodyFor('1', 'a-very-private-sentence'), 'guessed');
    await post('{"a-very-private-sentence"', GLOBAL);
    await ask(gateway, { path: '/api/inbox/conversations?q=a-very-private-sentence' });
    expect(gateway.logs.text()).not.toContain('private-sentence');
    expect(gateway.logs.lines.filter((line) => line['path'] === CLOUD).length).toBeGreaterThan(2);
  });
});

describe("Meta's handshake", () => {
  const hello = (query: string): Promise<Answer> => ask(gateway, { path: `${CLOUD}?${query}` });

  it('echoes the challenge as plain text for who knows the token', async () => {
    const answer = await hello('hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=test_verify_token');
    expect([answer.status, answer.text]).toEqual([200, '1158201444']);
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('refuses to echo what is not plain text', async () => {
    const answer = await hello('hub.mode=subscribe&hub.verify_token=test_verify_token&hub.challenge=%3Cscript%3E');
    expect([answer.status, answer.text]).toEqual([400, 'hub.challenge is not plain text.']);
  });

  it.each([
    'hub.mode=subscribe&hub.challenge=1&hub.verify_token=WRONG',
    'hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=test_verify_token',
    'hub[mode]=subscribe&hub[challenge]=1',
    'hub.verify_token=&hub.verify_token=&hub.mode=a&hub.mode=b',
    '',
    '%E0%A4%A',
  ])('refuses %s in the shape of every error', async (query) => {
    const answer = await hello(query);
    expect([answer.status, errorOf(answer).code]).toEqual([403, 'forbidden']);
    expect(errorOf(answer).correlationId).toBe(answer.headers['x-correlation-id']);
  });
});

describe('an Evolution webhook', () => {
  const body = JSON.stringify({ event: 'messages.upsert', instance: 'acme', data: null });
  const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = (claims: unknown, key: string, alg = 'HS256'): Record<string, string> => {
    const signed = `${base64({ alg, typ: 'JWT' })}.${base64(claims)}`;
    return { authorization: `Bearer ${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}` };
  };
  const send = (headers: Record<string, string>, path = EVOLUTION): Promise<Answer> =>
    ask(gateway, { method: 'POST', path, headers: { ...JSON_TYPE, ...headers }, body });
  const nowS = Math.floor(Date.now() / 1000);

  it('is proved by a signature, by a token, or by the secret itself', async () => {
    expect((await send({ 'x-hunfly-signature': sign(body, 'global-evolution') })).status).toBe(200);
    expect((await send(jwt({ exp: nowS + 600 }, 'global-evolution'))).status).toBe(200);
    expect((await send({ 'x-webhook-secret': 'global-evolution' })).status).toBe(200);
    expect((await send({ 'x-webhook-secret': 'global-evolution' }, `${EVOLUTION}/messages-upsert`)).status).toBe(200);
  });

  it('is accepted with a token that expired while it was being repeated', async () => {
    expect((await send(jwt({ exp: nowS - 1000 }, 'global-evolution'))).status).toBe(200);
  });

  /** So much is not always on a busy machine's disk in time; a carrier that is told 503 then sends it again. */
  const untilTaken = (request: Ask): Promise<Answer> => {
    const taken = async (): Promise<Answer | false> => {
      const said = await ask(gateway, request);
      return said.status !== 503 && said;
    };
    return waitFor(taken, { deadlineMs: LONG_MS - 30_000, what: 'a large webhook to be taken' });
  };
  const LONG_MS = 180_000;

  it('with megabytes of inline media is taken byte for byte', { timeout: LONG_MS }, async () => {
    const large = JSON.stringify({ event: 'messages.upsert', instance: 'acme', data: 'ç'.repeat(5 * 1024 * 1024) });
    const headers = { ...JSON_TYPE, 'x-webhook-secret': 'global-evolution', 'x-correlation-id': 'evolution.large' };
    const answer = await untilTaken({ method: 'POST', path: EVOLUTION, headers, body: large });
    expect(answer.status).toBe(200);
    const key = (await streamEntries(gateway)).find((one) => one.correlationId === 'evolution.large')?.key ?? '';
    const [stored] = await gateway.db.run(
      'test',
      (sql) => sql<{ body: Buffer }[]>`select body from webhook_bodies where key = ${key}`,
    );
    expect(stored?.body.equals(Buffer.from(large))).toBe(true);
  });

  it('is taken up to 25 MB, and not a byte more', { timeout: LONG_MS }, async () => {
    const [head, tail] = ['{"event":"messages.upsert","instance":"acme","data":"', '"}'];
    const bodyOf = (bytes: number): string => head + 'x'.repeat(bytes - head.length - tail.length) + tail;
    const headers = { ...JSON_TYPE, 'x-webhook-secret': 'global-evolution' };
    for (const [bytes, status] of [
      [25 * 1024 * 1024, 200],
      [25 * 1024 * 1024 + 1, 413],
    ] as const) {
      const answer = await untilTaken({ method: 'POST', path: EVOLUTION, headers, body: bodyOf(bytes) });
      expect(answer.status).toBe(status);
    }
  });

  it.each([
    ['no proof', {}],
    ['a wrong secret', { 'x-webhook-secret': 'guessed' }],
    ['a token of another key', jwt({ exp: nowS + 60 }, 'guessed')],
    ['a token without exp', jwt({}, 'global-evolution')],
    ['a token long expired', jwt({ exp: nowS - 2000 }, 'global-evolution')],
    ['a token of another algorithm', jwt({ exp: nowS + 60 }, 'global-evolution', 'RS256')],
  ])('with %s is refused', async (_what, headers) => {
    expect((await send(headers)).status).toBe(401);
  });
});
