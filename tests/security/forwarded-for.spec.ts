import type { Context } from 'koa';
import { describe, expect, it } from 'vitest';
import { clientIpBehind } from '../../src/http/client-ip.ts';
import { DEFAULT_BUDGETS } from '../../src/http/rate-limit.ts';
import { ask, startGateway } from '../http/support.ts';

/** A request from `peer` that claims to be forwarded. */
function request(peer: string, forwarded: string): Pick<Context, 'req' | 'get'> {
  return { req: { socket: { remoteAddress: peer } }, get: () => forwarded } as unknown as Context;
}

describe('X-Forwarded-For', () => {
  const clientIp = clientIpBehind(['127.0.0.1', '10.1.0.0/16', 'fd00:1::/32', '::1']);

  it.each(['127.0.0.1', '10.1.255.3', '::ffff:10.1.2.3', 'fd00:1:2::9', '::1'])('is believed of %s', (peer) => {
    expect(clientIp(request(peer, '198.51.100.1, 203.0.113.7'))).toBe('203.0.113.7');
  });

  it.each([
    ['203.0.113.7, 10.1.0.9', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7, fd00:1::5, 10.1.0.9', '203.0.113.7'],
    ['10.1.0.8, 10.1.0.9', '10.1.0.8'],
    ['nonsense, 10.1.0.9', '10.1.0.9'],
  ])('is followed through several proxies of ours (%s), to whom the first of them saw', (forwarded, client) => {
    expect(clientIp(request('127.0.0.1', forwarded))).toBe(client);
  });

  it.each(['127.0.0.2', '10.2.0.1', '192.168.0.1', '172.16.0.1', '203.0.113.9', 'fd00:2::1', 'unknown'])(
    'is not believed of %s, which is not in the list',
    (peer) => {
      expect(clientIp(request(peer, '203.0.113.7'))).toBe(peer);
    },
  );

  it.each(['', 'nonsense', '203.0.113.7, ', '203.0.113.7:443'])(
    'that ends in no address (%j) changes nothing',
    (text) => {
      expect(clientIp(request('127.0.0.1', text))).toBe('127.0.0.1');
    },
  );

  it('gives nobody a budget of its own who is not behind a listed proxy', async () => {
    const budgets = { ...DEFAULT_BUDGETS, perIp: { points: 3, seconds: 600 } };
    const gateway = await startGateway({ deps: { budgets, clientIp: clientIpBehind(['10.0.0.0/8']) } });
    const from = async (ip: string): Promise<number> =>
      (await ask(gateway, { path: '/api/inbox/conversations', headers: { 'x-forwarded-for': ip } })).status;
    const statuses = [];
    for (const host of [1, 2, 3, 4]) statuses.push(await from(`203.0.113.${String(host)}`));
    await gateway.close();
    expect(statuses).toEqual([401, 401, 401, 429]);
  });
});
