/** A pairing code reaches the administrator who asked for it, and is found nowhere afterwards. */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import type { Pairing } from '../../src/contract/socket.ts';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import { applyParts } from '../../src/inbox/ingest/apply.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { evolutionProvider } from '../../src/providers/evolution/provider.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { recordingLog } from '../support/log.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { ACCOUNTS, startSimulated, type Simulated } from '../support/simulated.ts';
import { waitFor } from '../support/wait.ts';
import { ask, newTenant, startGateway, streamEntries, type Gateway } from './support.ts';

const { channel, secret, accessToken } = ACCOUNTS.evolution;
const CODE = '2@sesame/AbCdEf0123456789==';
const PICTURE = 'data:image/png;base64,c2VzYW1lc2VzYW1l';
const TYPED = 'SESAME77';

let gateway: Gateway;
let node: TestNode;
let simulated: Simulated;
let tenantId: TenantId;
let accountId: AccountId;
let admin: TestClient & { pairings: Pairing[] };
let other: TestClient & { pairings: Pairing[] };

async function client(role: 'tenant_admin' | 'agent'): Promise<TestClient & { pairings: Pairing[] }> {
  const person = await hire(gateway.db, tenantId, role);
  const live = await liveClient(node.url, person.token);
  const pairings: Pairing[] = [];
  live.socket.on('pairing', (pairing: Pairing) => pairings.push(pairing));
  return Object.assign(live, { pairings });
}

beforeAll(async () => {
  [gateway, simulated] = await Promise.all([startGateway(), startSimulated()]);
  node = await startNode(gateway.testDatabase, gateway.testRedis.url, { name: 'pairing' });
  tenantId = await newTenant(gateway.db, 'pairing');
  const account = { provider: 'evolution', name: 'Shop', externalId: channel, secret, accessToken } as const;
  const key = encryptionKey(Buffer.alloc(32, 7));
  const added = await gateway.db.transaction('test.account', (tx) =>
    addAccount(tx, { ...account, apiBaseUrl: simulated.simulator.url, tenantId }, key),
  );
  accountId = added.accountId;
  admin = await client('tenant_admin');
  other = await client('tenant_admin');
});
afterAll(async () => {
  admin.close();
  other.close();
  await node.stop();
  await simulated.stop();
  await gateway.close();
});

function post(body: string): Promise<{ status: number }> {
  const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-hunfly-signature': signature };
  return ask(gateway, { method: 'POST', path: '/api/webhooks/whatsapp/evolution', headers, body });
}

const codeEvent = (event = 'qrcode.updated'): string =>
  JSON.stringify({
    ...{ event, instance: channel, apikey: 'sesame-key' },
    data: { qrcode: { instance: channel, code: CODE, base64: PICTURE, pairingCode: TYPED } },
  });

it('answers a code to who asks, and says so when the number is connected already', async () => {
  const connected = await admin.send('account:pair', { accountId });
  expect(connected).toMatchObject({ ok: true, data: { qr: null } });
  await simulated.control('pairing', { channel, action: 'unlink' });
  const answer = await admin.send('account:pair', { accountId });
  expect(answer).toMatchObject({ ok: true, data: { qr: { pairingCode: expect.any(String) as string } } });
});

it('shows later codes to the connection that asked and to no other', async () => {
  await post(codeEvent());
  await waitFor(() => admin.pairings.length === 1, { what: 'the code' });
  expect(admin.pairings[0]).toMatchObject({ accountId, qr: { code: CODE, base64: PICTURE, pairingCode: TYPED } });
  // A second one, after which whatever was for the others would have come too.
  await post(codeEvent('QRCODE_UPDATED'));
  await waitFor(() => admin.pairings.length === 2, { what: 'the second code' });
  expect(other.pairings).toEqual([]);
});

it('shows nothing to who may not manage numbers any more', async () => {
  const agent = await client('agent');
  expect(await agent.send('account:pair', { accountId })).toMatchObject({ ok: false, error: { code: 'forbidden' } });
  await post(codeEvent());
  await waitFor(() => admin.pairings.length === 3, { what: 'the third code' });
  expect(agent.pairings).toEqual([]);
  agent.close();
});

it('is in no store and no log afterwards, whatever the webhook looked like', async () => {
  await post(codeEvent('qrcode-updated'));
  await post(codeEvent().slice(0, -2));
  const waiting = await streamEntries(gateway);
  expect(waiting.length).toBeGreaterThanOrEqual(4);
  const log = recordingLog();
  const parts = waiting.map(({ auth, body, correlationId }, n) => {
    const parsed = evolutionProvider.parse(body!, Date.now());
    const events = parsed.ok ? parsed.events : [];
    expect(events).toMatchObject([{ kind: 'connection', state: 'qr' }]);
    const where = { streamId: `0/${String(Date.now())}-${String(n)}`, provider: 'evolution' as const, offset: 0 };
    return { ...where, auth, body: body!, correlationId, receivedAtMs: Date.now(), events };
  });
  await applyParts({ db: gateway.db, log: log.log, resolve: gateway.directory.resolve, windowOf: () => null }, parts);
  const [stored] = await gateway.db.run(
    'test.stored',
    (sql) => sql<{ text: string; journal: number }[]>`
      select concat((select string_agg(encode(body, 'escape'), ' ') from webhook_journal),
        (select string_agg(encode(body, 'escape'), ' ') from dead_letters), (select json_agg(e) from tenant_events e),
        (select json_agg(c) from commands c), (select json_agg(a) from audit_log a)) as text,
        (select count(*) from webhook_journal) as journal`,
  );
  expect(stored!.journal).toBe(waiting.length);
  const everything = [
    stored!.text,
    waiting.map(({ body }) => body!.toString()).join(),
    gateway.logs.text(),
    log.text(),
  ].join();
  expect(everything).toContain('qrcode.updated');
  for (const word of [CODE, 'c2VzYW1l', TYPED, 'sesame']) expect(everything).not.toContain(word);
});
