/** Numbers whose secrets are changed, and numbers that are switched off for a while, seen from where webhooks come in. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountId } from '../../../src/contract/ids.ts';
import { redriveJob } from '../../../src/inbox/housekeeping/redrive.ts';
import { StreamProducer } from '../../../src/platform/stream.ts';
import { ask, logIn, newAccount, newMember, sign, SHARDS } from '../../http/support.ts';
import { startMediaStage, type MediaStage } from '../../support/media-stage.ts';
import { waitFor } from '../../support/wait.ts';

let stage: MediaStage;
let admin: Record<string, string>;

beforeAll(async () => {
  stage = await startMediaStage();
  const email = 'admin@example.test';
  await newMember(stage.gateway.db, { tenantId: stage.tenantId, email, role: 'tenant_admin' });
  admin = await logIn(stage.gateway, email);
});
afterAll(() => stage.close());

/** What an administrator does with a number. */
async function manage(method: 'PATCH' | 'POST', path: string, input: Record<string, unknown> = {}): Promise<void> {
  const headers = { ...admin, 'content-type': 'application/json' };
  const body = JSON.stringify(input);
  const answer = await ask(stage.gateway, { method, path: `/api/accounts/${path}`, headers, body });
  if (answer.status !== 200) throw new Error(`${path} was answered ${String(answer.status)}: ${answer.text}`);
}

const bodyOf = (channel: string, id: string): string => {
  const text = { from: '15550100101', id, timestamp: String(Math.floor(Date.now() / 1000)), type: 'text' };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100000', phone_number_id: channel },
    messages: [{ ...text, text: { body: `text of ${id}` } }],
  };
  return JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '1', changes: [{ field: 'messages', value }] }],
  });
};

/** Posts a customer's message under this secret; returns the answer's status. */
async function post(channel: string, id: string, secret: string): Promise<number> {
  const body = bodyOf(channel, id);
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': sign(body, secret) };
  return (await ask(stage.gateway, { method: 'POST', path: '/api/webhooks/whatsapp/cloud-api', headers, body })).status;
}

async function isStored(id: string): Promise<boolean> {
  const rows = await stage.gateway.db.run(
    'test.stored',
    (sql) => sql`select 1 from messages where provider_message_id = ${id}`,
  );
  return rows.length > 0;
}

async function openLetters(channel: string): Promise<number> {
  const rows = await stage.gateway.db.run(
    'test.letters',
    (sql) =>
      sql`select 1 from dead_letters where channel = ${channel} and state = 'open' and reason = 'unknown_account'`,
  );
  return rows.length;
}

async function number(secret: string): Promise<{ readonly channel: string; readonly accountId: AccountId }> {
  const channel = String(400_000_000_000_000 + randomBytes(4).readUInt32BE());
  const given = { tenantId: stage.tenantId, provider: 'cloud', externalId: channel, secret } as const;
  return { channel, accountId: await newAccount(stage.gateway.db, given) };
}

const arrived = (id: string): Promise<boolean> => waitFor(() => isStored(id), { what: id });

describe('while a secret is rotated', () => {
  it('webhooks under either are taken and applied; afterwards the old one is refused', async () => {
    const { channel, accountId } = await number('first');
    expect(await post(channel, 'w1', 'second')).toBe(401);
    await manage('PATCH', accountId, { addSecret: 'second' });
    expect([await post(channel, 'w2', 'first'), await post(channel, 'w3', 'second')]).toEqual([200, 200]);
    await Promise.all([arrived('w2'), arrived('w3')]);
    await manage('PATCH', accountId, { dropFirstSecret: true });
    await stage.gateway.directory.refresh();
    expect([await post(channel, 'w4', 'first'), await post(channel, 'w5', 'second')]).toEqual([401, 200]);
    await arrived('w5');
    expect([await isStored('w1'), await isStored('w4')]).toEqual([false, false]);
    expect(await openLetters(channel)).toBe(0);
  });
});

describe('a number that is switched off', () => {
  it('keeps what comes meanwhile as dead letters, and has it when it is switched on', async () => {
    const { channel, accountId } = await number('own');
    await manage('POST', `${accountId}/disable`);
    await stage.gateway.directory.refresh();
    expect([await post(channel, 'off1', 'own'), await post(channel, 'off2', 'own')]).toEqual([200, 200]);
    await waitFor(async () => (await openLetters(channel)) === 2, { what: 'the letters' });
    const { db, redis } = stage.gateway;
    const redrive = redriveJob({ db, producer: new StreamProducer(redis), shards: SHARDS });
    expect(await redrive.run()).toBe(0);
    await manage('POST', `${accountId}/enable`);
    expect([await isStored('off1'), await isStored('off2')]).toEqual([false, false]);
    expect(await redrive.run()).toBe(2);
    await Promise.all([arrived('off1'), arrived('off2')]);
    expect(await openLetters(channel)).toBe(0);
  });
});
