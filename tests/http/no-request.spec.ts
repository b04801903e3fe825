/** What is no request of HTTP/1.1, or has a body in a form that is not taken, is refused in the shape of all refusals. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  askRaw,
  errorOf,
  logIn,
  newAccount,
  newMember,
  newTenant,
  startGateway,
  type Gateway,
} from './support.ts';

let gateway: Gateway;
let accountId: string;
let agent: Record<string, string>;

beforeAll(async () => {
  gateway = await startGateway();
  const tenantId = await newTenant(gateway.db, 'acme');
  accountId = await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
  await newMember(gateway.db, { tenantId, email: 'agent@acme.test', role: 'agent' });
  agent = await logIn(gateway, 'agent@acme.test');
});
afterAll(() => gateway.close());

const POST = 'POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';
const CHUNKED = `${POST}transfer-encoding: chunked\r\n\r\n`;
const HOOK = 'POST /api/webhooks/whatsapp/cloud-api HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

describe('what is no request', () => {
  it.each([
    ['an unknown method', 'NOSUCH / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'invalid_input'],
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'invalid_input'],
    ['a space in the address', 'GET /a b HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'invalid_input'],
    ['endless headers', `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(40_000)}\r\n\r\n`, 431, 'payload_too_large'],
    ['no host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'invalid_input'],
    ['a broken chunk', `${CHUNKED}5\r\n{"a":\r\nnonsense\r\n`, 400, 'invalid_input'],
    [
      'a broken chunk from a carrier',
      `${HOOK}transfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\nzz\r\n`,
      400,
      'invalid_input',
    ],
  ])('%s is refused in the shape of all refusals', async (_what, text, status, code) => {
    const [head = '', body = ''] = (await askRaw(gateway, text)).split('\r\n\r\n');
    expect(body, head).not.toBe('');
    const { error } = JSON.parse(body) as { error: { code: string; correlationId: string } };
    expect([head.split(' ')[1], error.code]).toEqual([String(status), code]);
    expect(head).toContain(`x-correlation-id: ${error.correlationId}`);
  });

  it('is not answered in the middle of another answer', async () => {
    const asked = 'GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n';
    expect(await askRaw(gateway, `${asked}NOSUCH / HTTP/1.1\r\n\r\n`)).not.toContain('HTTP/1.1 400');
    expect(await askRaw(gateway, `${asked}${CHUNKED}5\r\n{"a":\r\nzz\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('does not keep HTTP/1.0 from being answered without a host', async () => {
    expect(await askRaw(gateway, 'GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe('a body that was compressed', () => {
  const json = Buffer.from(JSON.stringify({ email: 'agent@acme.test', password: 'x' }));

  it.each([
    ['gzip', gzipSync(json)],
    ['br', brotliCompressSync(json)],
    ['deflate', deflateSync(json)],
    ['identity, gzip', gzipSync(json)],
  ])('by %s is answered 415, by name', async (encoding, body) => {
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding };
    const answer = await ask(gateway, { method: 'POST', path: '/api/auth/login', headers, body });
    expect([answer.status, errorOf(answer).code]).toEqual([415, 'unsupported']);
    expect(errorOf(answer).message).toBe('Send the body without content-encoding.');
  });

  it('is not stored as a file to send, nor as one of a saved reply', async () => {
    const headers = { ...agent, 'content-type': 'image/png', 'content-encoding': 'gzip' };
    for (const path of [`/api/media?accountId=${accountId}&kind=image`, '/api/saved-replies/files?filename=a.png']) {
      const answer = await ask(gateway, { method: 'POST', path, headers, body: gzipSync(json) });
      expect([answer.status, errorOf(answer).code]).toEqual([415, 'unsupported']);
    }
  });

  it('by nothing at all, which `identity` says, is read', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'Identity' };
    const answer = await ask(gateway, { method: 'POST', path: '/api/auth/login', headers, body: json });
    expect(answer.status).toBe(401);
  });
});
