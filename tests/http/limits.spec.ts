import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_BUDGETS } from '../../src/http/rate-limit.ts';
import { ask, errorOf, logIn, newMember, newTenant, startGateway, type Answer, type Gateway } from './support.ts';

let gateway: Gateway;
let acme: Record<string, string>;
let other: Record<string, string>;

beforeAll(async () => {
  const budgets = { ...DEFAULT_BUDGETS, perIp: { points: 30, seconds: 600 }, perTenant: { points: 5, seconds: 600 } };
  gateway = await startGateway({ patient: true, deps: { budgets } });
  for (const slug of ['acme', 'other']) {
    await newMember(gateway.db, {
      tenantId: await newTenant(gateway.db, slug),
      email: `a@${slug}.test`,
      role: 'agent',
    });
  }
  acme = await logIn(gateway, 'a@acme.test');
  other = await logIn(gateway, 'a@other.test');
});
afterAll(() => gateway.close());

const list = (headers: Record<string, string>): Promise<Answer> =>
  ask(gateway, { path: '/api/inbox/conversations', headers });

describe('budgets', () => {
  it('a tenant that uses up its own leaves those of others alone', async () => {
    for (let index = 0; index < 5; index += 1) expect((await list(acme)).status).toBe(200);
    const refused = await list(acme);
    expect([refused.status, errorOf(refused).code]).toEqual([429, 'rate_limited']);
    expect((await list(other)).status).toBe(200);
  });

  it('hold without Redis too', async () => {
    await gateway.testRedis.kill();
    expect((await list(other)).status).toBe(200);
  });

  it('of an address counts whom the nearest proxy of ours saw, not what the caller claims', async () => {
    const from = (forwarded: string): Promise<Answer> => list({ 'x-forwarded-for': forwarded });
    for (let index = 0; index < 30; index += 1) await from(`198.51.100.${String(index)}, 203.0.113.7`);
    expect((await from('198.51.100.99, 203.0.113.7')).status).toBe(429);
    expect((await from('203.0.113.7, 203.0.113.8')).status).toBe(401);
  });

  it('never turn a provider away', async () => {
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.7' };
    const answer = await ask(gateway, {
      method: 'POST',
      path: '/api/webhooks/whatsapp/cloud-api',
      headers,
      body: '{}',
    });
    expect(answer.status).toBe(401);
  });
});
