/** Evolution tells an edit twice, once without its time, and may deliver each again: it is one edit, told once. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { ask, newAccount, newTenant, startGateway, type Gateway } from '../http/support.ts';
import { drain } from '../support/drain.ts';
import { messageRow } from '../support/ingest.ts';

const INSTANCE = 'acme-support';
const SECRET = 'evolution-secret-0123456789';
const CHAT = { remoteJid: '15550100101@s.whatsapp.net', fromMe: false };
const SENT_S = 1_760_000_000;

let gateway: Gateway;
let tenantId: TenantId;
let serial = 0;
let id: string;

beforeAll(async () => {
  gateway = await startGateway();
  tenantId = await newTenant(gateway.db, 'tenant-a');
  await newAccount(gateway.db, { tenantId, provider: 'evolution', externalId: INSTANCE, secret: SECRET });
  await gateway.directory.refresh();
});
afterAll(() => gateway.close());
beforeEach(() => {
  serial += 1;
  id = `3A46F3334FAC9B4E${String(serial).padStart(4, '0')}`;
});

async function post(event: string, data: object): Promise<void> {
  const answer = await ask(gateway, {
    method: 'POST',
    path: '/api/webhooks/whatsapp/evolution',
    headers: { 'content-type': 'application/json', 'x-webhook-secret': SECRET },
    body: Buffer.from(JSON.stringify({ event, instance: INSTANCE, data })),
  });
  expect(answer.status).toBe(200);
}

async function write(conversation: string): Promise<void> {
  await post('messages.upsert', { key: { ...CHAT, id }, message: { conversation }, messageTimestamp: SENT_S });
  await drain(gateway);
}
const edited = (conversation: string, second: number): Promise<void> =>
  post('messages.edited', {
    key: { remoteJid: '15550100000@s.whatsapp.net', fromMe: true, id },
    type: 'MESSAGE_EDIT',
    editedMessage: { conversation },
    timestampMs: String((SENT_S + second) * 1000),
  });
const updated = (conversation: string): Promise<void> =>
  post('messages.update', {
    ...CHAT,
    keyId: id,
    status: 'SERVER_ACK',
    message: { editedMessage: { message: { conversation } } },
  });

interface Shown {
  readonly text: unknown;
  readonly editedAt: unknown;
  readonly told: number;
}

/** The message after all that was posted, and how often clients were told of a change of it. */
async function shown(): Promise<Shown> {
  await drain(gateway);
  const { text, editedAt, id: messageId } = await messageRow(gateway.db, tenantId, id);
  const [row] = await gateway.db.run(
    'test.told',
    (sql) => sql<{ told: number }[]>`
      select count(*)::int as told from tenant_events
      where tenant_id = ${tenantId} and type = 'message.updated' and data->'message'->>'id' = ${String(messageId)}`,
  );
  return { text, editedAt, told: row?.told ?? 0 };
}

describe('an edit that is told again', () => {
  it('changes nothing, with its time or without', async () => {
    await write('is it there?');
    await edited('is the red one there?', 60);
    const first = await shown();
    expect(first).toMatchObject({ text: 'is the red one there?', told: 1 });
    await updated('is the red one there?');
    expect(await shown()).toEqual(first);
    await edited('is the red one there?', 60);
    expect(await shown()).toEqual(first);
  });

  it('changes nothing where its time is never told', async () => {
    await write('one');
    await updated('two');
    const first = await shown();
    expect(first).toMatchObject({ text: 'two', told: 1 });
    await updated('two');
    await updated('two');
    expect(await shown()).toEqual(first);
  });

  it('gets its time where that is told last, and nothing else', async () => {
    await write('one');
    await updated('two');
    expect(await shown()).toMatchObject({ text: 'two', told: 1 });
    await edited('two', 60);
    const dated = { text: 'two', editedAt: new Date((SENT_S + 60) * 1000).toISOString(), told: 2 };
    expect(await shown()).toEqual(dated);
    await updated('two');
    await edited('two', 60);
    expect(await shown()).toEqual(dated);
  });

  it('does not undo a later one, where its second telling comes after that', async () => {
    await write('one');
    await edited('two', 60);
    await edited('three', 120);
    await updated('three');
    await updated('two');
    expect(await shown()).toMatchObject({ text: 'three', editedAt: new Date((SENT_S + 120) * 1000).toISOString() });
  });

  it('is another edit where the text was another meanwhile', async () => {
    await write('one');
    await updated('two');
    const first = await shown();
    await updated('one');
    const back = await shown();
    expect(back).toMatchObject({ text: 'one', told: 2 });
    expect(String(back.editedAt) > String(first.editedAt)).toBe(true);
    await updated('two');
    expect(await shown()).toMatchObject({ text: 'two', told: 3 });
  });
});
