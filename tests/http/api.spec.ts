import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import {
  ask,
  errorOf,
  logIn,
  newAccount,
  newMember,
  newTenant,
  parse,
  startGateway,
  PASSWORD,
  type Answer,
  type Gateway,
} from './support.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

let gateway: Gateway;
let tenantId: TenantId;
let otherTenant: TenantId;
let accountId: string;
let agent: Record<string, string>;
let both: Record<string, string>;

beforeAll(async () => {
  gateway = await startGateway();
  tenantId = await newTenant(gateway.db, 'acme');
  otherTenant = await newTenant(gateway.db, 'other');
  accountId = await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
  await newMember(gateway.db, { tenantId, email: 'agent@acme.test', role: 'agent' });
  await newMember(gateway.db, { tenantId, email: 'both@acme.test', role: 'manager' });
  await newMember(gateway.db, { tenantId: otherTenant, email: 'both@acme.test', role: 'manager' });
  agent = await logIn(gateway, 'agent@acme.test');
  both = await logIn(gateway, 'both@acme.test');
});
afterAll(() => gateway.close());

const get = (path: string, headers: Record<string, string> = agent): Promise<Answer> => ask(gateway, { path, headers });
const send = (path: string, body: unknown, headers: Record<string, string> = agent, method = 'POST'): Promise<Answer> =>
  ask(gateway, {
    method,
    path,
    headers: { ...JSON_TYPE, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const template = (): Record<string, unknown> => ({
  accountId,
  to: '+15550100101',
  kind: 'template',
  template: { name: 'hello', language: 'en' },
});

async function newMessage(): Promise<{ id: string; threadId: string }> {
  const answer = await send('/api/inbox/send_message', template());
  expect(answer, gateway.logs.text().slice(-1500)).toMatchObject({ status: 200 });
  return parse(answer)['message'] as { id: string; threadId: string };
}

describe('logging in', () => {
  it('gives a session that works and can be renewed', async () => {
    const answer = await send('/api/auth/login', { email: 'Agent@acme.test', password: PASSWORD }, {});
    expect(answer.status).toBe(200);
    expect(parse(answer)).toMatchObject({
      user: { email: 'agent@acme.test' },
      tenants: [{ id: tenantId, role: 'agent' }],
    });
    const renewed = await send('/api/auth/renew', {}, { authorization: `Bearer ${String(parse(answer)['token'])}` });
    expect(renewed.status).toBe(200);
    expect(
      (await get('/api/inbox/conversations', { authorization: `Bearer ${String(parse(renewed)['token'])}` })).status,
    ).toBe(200);
  });

  it('says the same about an unknown person and a wrong password', async () => {
    const unknown = await send('/api/auth/login', { email: 'nobody@acme.test', password: PASSWORD }, {});
    const wrong = await send('/api/auth/login', { email: 'both@acme.test', password: 'guessed' }, {});
    expect([unknown.status, wrong.status]).toEqual([401, 401]);
    expect(errorOf(unknown).message).toBe(errorOf(wrong).message);
  });

  it('is refused after ten wrong guesses for one person, for the right password too, but not for others', async () => {
    await newMember(gateway.db, { tenantId, email: 'victim@acme.test', role: 'agent' });
    const guesses = Array.from({ length: 10 }, () =>
      send('/api/auth/login', { email: 'victim@acme.test', password: 'guess' }, {}),
    );
    expect((await Promise.all(guesses)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 401));
    const limited = await send('/api/auth/login', { email: 'victim@acme.test', password: PASSWORD }, {});
    expect(limited.status).toBe(429);
    expect(errorOf(limited)).toMatchObject({
      code: 'rate_limited',
      details: { retryAfterMs: expect.any(Number) as number },
    });
    expect(limited.headers['retry-after']).toMatch(/^\d+$/);
    expect((await send('/api/auth/login', { email: 'agent@acme.test', password: PASSWORD }, {})).status).toBe(200);
  });
});

describe('who may ask', () => {
  it.each([
    ['no token', {}],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a token that nobody issued', { authorization: 'Bearer a.b.c' }],
  ])('%s is unauthenticated', async (_what, headers) => {
    const answer = await get('/api/inbox/conversations', headers);
    expect([answer.status, errorOf(answer).code]).toEqual([401, 'unauthenticated']);
  });

  it('a member of two tenants says which, a stranger is refused', async () => {
    const unsaid = await get('/api/inbox/conversations', both);
    expect([unsaid.status, errorOf(unsaid).details]).toMatchObject([400, [{ path: 'x-tenant-id' }]]);
    expect((await get('/api/inbox/conversations', { ...both, 'x-tenant-id': tenantId })).status).toBe(200);
    expect((await get('/api/inbox/conversations', { ...agent, 'x-tenant-id': otherTenant })).status).toBe(403);
    const malformed = await get('/api/inbox/conversations', { ...agent, 'x-tenant-id': 'acme' });
    expect([malformed.status, errorOf(malformed).code]).toEqual([400, 'invalid_input']);
  });
});

describe('commands by REST', () => {
  it('a message is sent and read back', async () => {
    const message = await newMessage();
    expect(message).toMatchObject({ status: 'queued', direction: 'outbound' });
    const list = parse(await get('/api/inbox/conversations?status=open&limit=5'));
    expect(list).toMatchObject({ items: [{ id: message.threadId }], nextCursor: null });
    const oldest = parse(await get('/api/inbox/conversations?order=oldest&unread=false'));
    expect(oldest).toMatchObject({ items: [{ id: message.threadId }] });
    expect(parse(await get('/api/inbox/conversations?unread=true'))).toMatchObject({ items: [] });
    const messages = await get(`/api/inbox/conversations/${message.threadId}/messages?limit=1`);
    expect((parse(messages)['items'] as { id: string }[]).length).toBe(1);
  });

  it('the same Idempotency-Key gives the first result', async () => {
    const headers = { ...agent, 'idempotency-key': randomUUID() };
    const first = parse(await send('/api/inbox/send_message', template(), headers));
    const second = parse(await send('/api/inbox/send_message', template(), headers));
    expect((second['message'] as { id: string }).id).toBe((first['message'] as { id: string }).id);
    const other = parse(
      await send('/api/inbox/send_message', template(), { ...agent, 'idempotency-key': randomUUID() }),
    );
    expect((other['message'] as { id: string }).id).not.toBe((first['message'] as { id: string }).id);
  });

  it('a conversation is assigned, tagged and resolved', async () => {
    const path = `/api/inbox/conversations/${(await newMessage()).threadId}`;
    const manager = { ...both, 'x-tenant-id': tenantId };
    expect((await send(`${path}/assign`, { assigneeId: null }, manager, 'PATCH')).status).toBe(200);
    const tagged = await send(`${path}/tags`, { add: ['vip'] }, manager, 'PATCH');
    expect(parse(tagged)).toMatchObject({ thread: { tags: ['vip'] } });
    const resolved = await send(`${path}/status`, { status: 'resolved' }, manager, 'PATCH');
    expect(parse(resolved)).toMatchObject({ thread: { status: 'resolved' } });
    expect(parse(await get('/api/inbox/conversations?tag=vip', manager))).toMatchObject({
      items: [{ status: 'resolved' }],
    });
  });

  it('typing reaches whoever carries it', async () => {
    const { threadId } = await newMessage();
    expect((await send('/api/inbox/send_typing', { threadId, typing: true })).status).toBe(200);
    expect(gateway.effects).toContainEqual(expect.objectContaining({ type: 'typing', threadId, on: true }));
  });

  it('a conversation of another tenant does not exist', async () => {
    const { threadId } = await newMessage();
    const foreign = { ...both, 'x-tenant-id': otherTenant };
    expect((await get(`/api/inbox/conversations/${threadId}/messages`, foreign)).status).toBe(404);
    expect((await send(`/api/inbox/conversations/${threadId}/tags`, { add: ['x'] }, foreign, 'PATCH')).status).toBe(
      404,
    );
  });
});

describe('a request that is wrong', () => {
  it.each([
    ['not JSON', '{"kind":', 400],
    ['a list', '[]', 400],
    ['an empty body', '', 400],
    ['an unknown field', '{"kind":"text","text":"a","nonsense":1}', 400],
    ['a poisoned prototype', '{"kind":"text","__proto__":{"threadId":"x"}}', 400],
    ['endless nesting', `{"kind":"interactive","interactive":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`, 400],
    ['too much of it', JSON.stringify({ text: 'x'.repeat(300_000) }), 413],
  ])('%s', async (_what, body, status) => {
    const answer = await send('/api/inbox/send_message', body);
    expect(answer.status).toBe(status);
    expect(['invalid_input', 'payload_too_large']).toContain(errorOf(answer).code);
  });

  it('names each field that is wrong', async () => {
    const answer = await send('/api/inbox/send_message', { kind: 'text', threadId: 'x' });
    expect((errorOf(answer).details as { path: string }[]).map(({ path }) => path)).toContain('threadId');
  });

  it.each([
    ['cursor', () => get('/api/inbox/conversations?cursor=x')],
    ['account', () => get('/api/inbox/conversations?account=x')],
    ['before', () => get(`/api/inbox/conversations/${randomUUID()}/messages?before=x`)],
    ['asignee', () => get('/api/inbox/conversations?status=open&asignee=me')],
    ['cursor', () => get(`/api/inbox/conversations/${randomUUID()}/messages?cursor=x`)],
    ['__proto__', () => get('/api/inbox/conversations?__proto__=x')],
    ['role', () => get('/api/members?role=agent')],
    ['idempotency-key', () => send('/api/inbox/send_message', template(), { ...agent, 'idempotency-key': 'x' })],
    ['commandId', () => send('/api/inbox/send_message', { ...template(), commandId: 'x' })],
  ])('names %s as the caller does', async (path, asked) => {
    const answer = await asked();
    const { details, message } = errorOf(answer);
    expect([answer.status, (details as { path: string }[]).map((field) => field.path)]).toEqual([400, [path]]);
    expect(message).toContain(`not valid: ${path} `);
  });

  it('another media type', async () => {
    const answer = await ask(gateway, {
      method: 'POST',
      path: '/api/inbox/send_message',
      headers: { ...agent, 'content-type': 'text/plain' },
      body: '{}',
    });
    expect(answer.status).toBe(415);
  });

  it('two different ids for one command', async () => {
    const answer = await send(
      '/api/inbox/send_message',
      { ...template(), commandId: randomUUID() },
      { ...agent, 'idempotency-key': randomUUID() },
    );
    expect(answer.status).toBe(400);
  });

  it.each([
    'limit=0',
    'limit=1000',
    'limit=x',
    'order=x',
    'unread=x',
    'status=x',
    'account=x',
    'status=open&status=open',
    'assignee=me%00',
    'cursor=%00',
  ])('the query %s', async (query) => {
    expect((await get(`/api/inbox/conversations?${query}`)).status).toBe(400);
  });

  it.each([
    '/api/inbox/conversations/x/messages',
    '/api/inbox/conversations/%E0%A4%A/messages',
    '/api/media/x',
    '/api/nothing',
    '/nothing',
  ])('the address %s', async (path) => {
    const answer = await get(path);
    expect([400, 404]).toContain(answer.status);
    expect(['invalid_input', 'not_found']).toContain(errorOf(answer).code);
  });

  it('a method that the address does not take', async () => {
    const answer = await ask(gateway, { method: 'DELETE', path: '/api/inbox/conversations', headers: agent });
    expect([answer.status, errorOf(answer).code]).toEqual([405, 'unsupported']);
  });

  it.each(['/Metrics', '/metrics/', '/HEALTH/live', '/Api/inbox/conversations', '/api/Inbox/conversations'])(
    'the address %s, which is spelt otherwise than a rule of a balancer or a budget would spell it',
    async (path) => {
      const answer = await get(path);
      expect([answer.status, errorOf(answer).code]).toEqual([404, 'not_found']);
    },
  );
});

describe('browsers of other origins', () => {
  it('are let in if configured, for reading and for asking first', async () => {
    const origin = 'https://app.example.test';
    expect((await get('/health/live', { origin })).headers['access-control-allow-origin']).toBe(origin);
    const preflight = await ask(gateway, {
      method: 'OPTIONS',
      path: '/api/inbox/send_message',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-tenant-id' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('x-tenant-id');
  });

  it('are not let in otherwise', async () => {
    const answer = await get('/health/live', { origin: 'https://evil.example.test' });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('may run and frame only what is ours', async () => {
    const { headers } = await get('/health/live');
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    expect(headers['x-content-type-options']).toBe('nosniff');
  });
});
