/** Changing one's own password. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { Session } from '../../src/contract/rest.ts';
import { ask, errorOf, newMember, newTenant, PASSWORD, startGateway, type Answer, type Gateway } from './support.ts';

const NEXT = 'the-next-password';

let gateway: Gateway;
let tenantId: TenantId;

beforeAll(async () => {
  gateway = await startGateway();
  tenantId = await newTenant(gateway.db, 'acme');
});
afterAll(() => gateway.close());

const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  ask(gateway, {
    method: 'POST',
    path: `/api/auth/${path}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

async function tokenOf(email: string): Promise<Record<string, string>> {
  await newMember(gateway.db, { tenantId, email, role: 'agent' });
  const { token } = JSON.parse((await post('login', { email, password: PASSWORD })).text) as { token: string };
  return { authorization: `Bearer ${token}` };
}

it('takes who knows the present one; the old one opens nothing afterwards, and this session goes on with a new token', async () => {
  const email = 'a@acme.test';
  const session = await tokenOf(email);
  const changed = await post('password', { current: PASSWORD, next: NEXT }, session);
  expect([changed.status, changed.headers['cache-control']]).toEqual([200, 'no-store']);
  const { token } = Session.parse(JSON.parse(changed.text));
  expect((await post('login', { email, password: PASSWORD })).status).toBe(401);
  expect((await post('login', { email, password: NEXT })).status).toBe(200);
  const renewed = await post('renew', {}, session);
  expect([renewed.status, errorOf(renewed).code]).toEqual([401, 'unauthenticated']);
  expect((await post('renew', {}, { authorization: `Bearer ${token}` })).status).toBe(200);
  for (const word of [PASSWORD, NEXT]) expect(gateway.logs.text()).not.toContain(word);
});

it('is refused without a session, with a wrong present one, and with a new one that is too short', async () => {
  const email = 'b@acme.test';
  const session = await tokenOf(email);
  expect((await post('password', { current: PASSWORD, next: NEXT })).status).toBe(401);
  const wrong = await post('password', { current: 'guessed', next: NEXT }, session);
  expect([wrong.status, errorOf(wrong).details]).toEqual([400, [{ path: 'current', message: 'is not your password' }]]);
  expect((await post('password', { current: PASSWORD, next: 'short' }, session)).status).toBe(400);
  expect((await post('login', { email, password: PASSWORD })).status).toBe(200);
});

it('cannot be guessed at by who has found an open window: ten tries, then no more, with the right one either', async () => {
  const session = await tokenOf('c@acme.test');
  const tries = Array.from({ length: 10 }, () => post('password', { current: 'guessed', next: NEXT }, session));
  expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 400));
  expect((await post('password', { current: PASSWORD, next: NEXT }, session)).status).toBe(429);
});
