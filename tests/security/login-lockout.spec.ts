import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEFAULT_BUDGETS } from '../../src/http/rate-limit.ts';
import { ask, newMember, newTenant, PASSWORD, startGateway, type Gateway } from '../http/support.ts';

let gateway: Gateway;

beforeAll(async () => {
  const budgets = {
    ...DEFAULT_BUDGETS,
    loginPerIp: { points: 5, seconds: 600 },
    loginOverall: { points: 40, seconds: 600 },
  };
  gateway = await startGateway({ patient: true, deps: { budgets } });
  await newMember(gateway.db, { tenantId: await newTenant(gateway.db, 'acme'), email: 'a@acme.test', role: 'agent' });
});
afterAll(() => gateway.close());

async function logIn(ip: string, email: string, password = PASSWORD): Promise<number> {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': ip };
  const body = JSON.stringify({ email, password });
  return (await ask(gateway, { method: 'POST', path: '/api/auth/login', headers, body })).status;
}

it('who guesses at many logins from one address locks nobody else out', async () => {
  const guesses = await Promise.all(
    Array.from({ length: 60 }, (_, index) => logIn('203.0.113.1', `n${String(index)}@acme.test`, 'guess')),
  );
  expect(guesses.filter((status) => status === 401)).toHaveLength(5);
  expect(guesses.filter((status) => status === 429)).toHaveLength(55);
  expect(await logIn('203.0.113.2', 'a@acme.test')).toBe(200);
});

it('an office behind one address logs in as often as it likes', async () => {
  for (let index = 0; index < 12; index += 1) expect(await logIn('203.0.113.3', 'a@acme.test')).toBe(200);
});

it('one caller leaves a bounded number of counters behind', async () => {
  await Promise.all(Array.from({ length: 30 }, (_, index) => logIn('203.0.113.4', `m${String(index)}@x.test`, 'no')));
  const keys = await gateway.redis.keys('hunfly:rl:login:*203.0.113.4');
  expect(keys.length).toBeLessThanOrEqual(5);
});
