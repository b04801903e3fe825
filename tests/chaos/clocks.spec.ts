/** Machines whose clocks are wrong, or are set while they run, change neither what is stored nor when it is sent. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Thread } from '../../src/contract/entities.ts';
import type { Message } from '../../src/contract/message.ts';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createSessions } from '../../src/inbox/team/session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { liveClient } from '../support/client.ts';
import { createSendingTenant, type TestAccount } from '../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../support/provider-stub.ts';
import { setClock, shiftedBy } from '../support/shifted-clock.ts';
import { createSystem, deliverCloud, SECRETS, textValue, type System, type Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const KEY = encryptionKey(Buffer.from(SECRETS.ENCRYPTION_KEY, 'hex'));
const TOKEN_LIFE_MS = 10 * 60_000;
/** Five processes start for it, on a machine that may be busy. */
const LONG_MS = 150_000;

let system: System;
let stub: ProviderStub;
let account: TestAccount;
let token: string;
let serial = 0;

beforeEach(async () => {
  stub = await startProviderStub();
  system = await createSystem();
  const { database } = system;
  account = await createSendingTenant(database, { baseUrl: stub.url, key: KEY });
  const { tenantId } = account;
  const email = 'ana@example.com';
  const { userId } = await addMember(database, { tenantId, email, name: 'Ana', role: 'manager', password: null });
  const supabase = { url: null, jwtSecret: null };
  const sessions = createSessions({ database, clock: systemClock, secret: SECRETS.APP_JWT_SECRET, supabase });
  token = sessions.issue(userId, TOKEN_LIFE_MS).token;
});
afterEach(async () => {
  await stub.close();
  await system.stop();
});

/** A customer writes; the carrier's time is that of this machine. */
async function customerWrites(node: Worker, text: string): Promise<void> {
  serial += 1;
  // The carrier's times are whole seconds: the next one is taken back to when the webhook came.
  const atS = Math.ceil(Date.now() / 1000) + 1;
  await deliverCloud([node], textValue(account.channel, `wamid.in.${String(serial)}`, { text, atS }));
  await waitFor(async () => (await texts(node)).includes(text), { what: `“${text}” in the inbox` });
}

async function api(node: Worker, path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${node.url}/api/inbox/${path}`, { ...init, headers });
  const body = (await response.json()) as Record<string, unknown>;
  expect({ status: response.status, error: body['error'] }).toEqual({ status: 200, error: undefined });
  return body;
}

async function theThread(node: Worker): Promise<Thread | undefined> {
  return ((await api(node, 'conversations'))['items'] as Thread[])[0];
}

/** What the conversation says, from the oldest to the newest. */
async function texts(node: Worker): Promise<(string | null)[]> {
  const thread = await theThread(node);
  if (thread === undefined) return [];
  return ((await api(node, `conversations/${thread.id}/messages`))['items'] as Message[]).map(({ text }) => text);
}

/** An agent answers; the customer has the answer when this resolves. */
async function agentAnswers(node: Worker, text: string): Promise<void> {
  const thread = await theThread(node);
  await api(node, 'send_message', {
    method: 'POST',
    body: JSON.stringify({ threadId: thread?.id, kind: 'text', text }),
  });
  await waitFor(() => stub.delivered.includes(text), { what: `“${text}” at the carrier` });
}

/** Whether the message that a carrier refused waits for its next attempt. */
async function rests(): Promise<boolean> {
  const rows = await system.database.run(
    'test.rests',
    (sql) => sql`select 1 from messages where send_state = 'queued' and error is not null`,
  );
  return rows.length > 0;
}

async function snooze(node: Worker, ms: number): Promise<void> {
  const thread = await theThread(node);
  const body = JSON.stringify({ status: 'snoozed', snoozeUntil: new Date(Date.now() + ms).toISOString() });
  await api(node, `conversations/${String(thread?.id)}/status`, { method: 'PATCH', body });
}

describe.each([
  ['ahead', HOUR_MS],
  ['behind', -HOUR_MS],
])('a gateway whose clock is an hour %s', (_which, shiftMs) => {
  it(
    'keeps order, sends, wakes and tells at the right time',
    async () => {
      const [right, wrong] = await Promise.all([
        system.spawn('server'),
        system.spawn('server', shiftedBy(shiftMs)),
        ...['inbound', 'outbound', 'housekeeping'].map((name) => system.spawn(`consumers/${name}`)),
      ]);
      // With a token that is valid for ten minutes.
      const screen = await liveClient(wrong.url, token);
      const differsMs = Math.abs(Date.parse(screen.ready[0]?.serverTime ?? '') - Date.now());
      expect(differsMs).toBeLessThan(HOUR_MS / 2);

      await customerWrites(right, 'is it there?');
      await agentAnswers(wrong, 'yes');
      await customerWrites(right, 'the red one?');
      await customerWrites(wrong, 'or the green one?');
      await agentAnswers(right, 'the green one');
      await customerWrites(wrong, 'call me about it');
      const said = ['is it there?', 'yes', 'the red one?', 'or the green one?', 'the green one', 'call me about it'];
      expect(await texts(right)).toEqual(said);
      expect(await texts(wrong)).toEqual(said);

      await snooze(wrong, HOUR_MS / 2);
      expect((await theThread(wrong))?.status).toBe('snoozed');
      await snooze(wrong, 6000);
      await waitFor(async () => (await theThread(wrong))?.status === 'open', { what: 'the conversation to wake' });

      const told = (): unknown[] =>
        screen.events().flatMap((event) => (event.type === 'message.created' ? [event.data.message.text] : []));
      await waitFor(() => told().length === said.length, { what: 'everything on the screen' });
      expect(told()).toEqual(said);
      expect(screen.goodbyes).toEqual([]);
      screen.close();
    },
    LONG_MS,
  );
});

describe('a worker', () => {
  it(
    'whose clock is an hour ahead tries again what a carrier cannot take for a moment',
    async () => {
      const [node] = await Promise.all([
        system.spawn('server'),
        system.spawn('consumers/inbound'),
        system.spawn('consumers/outbound', shiftedBy(HOUR_MS)),
      ]);
      await customerWrites(node, 'hello');
      stub.answer = (_call, index) =>
        index === 0 ? { kind: 'refuse', status: 400, code: 131_016 } : { kind: 'accept' };
      await agentAnswers(node, 'good morning');
      expect(stub.calls).toHaveLength(2);
    },
    LONG_MS,
  );

  it(
    'whose clock is put back an hour while a number rests goes on when the rest is over',
    async () => {
      const [node, outbound] = await Promise.all([
        system.spawn('server'),
        system.spawn('consumers/outbound', shiftedBy(0)),
        system.spawn('consumers/inbound'),
      ]);
      await customerWrites(node, 'hello');
      stub.answer = (_call, index) =>
        index === 0 ? { kind: 'refuse', status: 429, code: 130_429, retryAfter: 5 } : { kind: 'accept' };
      const answered = agentAnswers(node, 'good morning');
      await waitFor(rests, { what: 'the number to rest' });
      await setClock(outbound, -HOUR_MS);
      await answered;
    },
    LONG_MS,
  );

  it('whose clock is ten days ahead deletes nothing before its time', async () => {
    const { database } = system;
    const receivedAt = new Date(Date.now() - DAY_MS);
    await database.run(
      'test.journal',
      (sql) => sql`
        insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
        values (${account.tenantId}, ${receivedAt}, '0/1-1', 'cloud', 'global', 'c-1', '')`,
    );
    const worker = await system.spawn('consumers/housekeeping', shiftedBy(10 * DAY_MS));
    const done = /"component":"partitions"|"component":"gauges"/;
    await waitFor(async () => done.test(await readFile(worker.logFile, 'utf8')), { what: 'the partitions to be kept' });
    const rows = await database.run('test.left', (sql) => sql`select 1 from webhook_journal`);
    expect(rows).toHaveLength(1);
  });
});
