/** What a member did last counts, also where it was done through a gateway whose machine's clock is behind. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Thread } from '../../src/contract/entities.ts';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createSessions } from '../../src/inbox/team/session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { createSendingTenant, type TestAccount } from '../support/outbound.ts';
import { startProviderStub, type ProviderStub } from '../support/provider-stub.ts';
import { shiftedBy } from '../support/shifted-clock.ts';
import { createSystem, deliverCloud, SECRETS, textValue, type System, type Worker } from '../support/system.ts';
import { waitFor } from '../support/wait.ts';

const HOUR_MS = 3_600_000;
/** Four processes start for it, on a machine that may be busy. */
const LONG_MS = 150_000;
const KEY = encryptionKey(Buffer.from(SECRETS.ENCRYPTION_KEY, 'hex'));

let system: System;
let stub: ProviderStub;
let account: TestAccount;
let token: string;

beforeEach(async () => {
  stub = await startProviderStub();
  system = await createSystem();
  const { database } = system;
  account = await createSendingTenant(database, { baseUrl: stub.url, key: KEY });
  const person = { tenantId: account.tenantId, email: 'ana@example.com', name: 'Ana', password: null };
  const { userId } = await addMember(database, { ...person, role: 'manager' });
  const supabase = { url: null, jwtSecret: null };
  const sessions = createSessions({ database, clock: systemClock, secret: SECRETS.APP_JWT_SECRET, supabase });
  token = sessions.issue(userId, 10 * 60_000).token;
});
afterEach(async () => {
  await stub.close();
  await system.stop();
});

async function api(node: Worker, path: string, input?: unknown): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = input === undefined ? { headers } : { headers, method: 'POST', body: JSON.stringify(input) };
  const response = await fetch(`${node.url}/api/inbox/${path}`, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

async function theThread(node: Worker): Promise<Thread | undefined> {
  return ((await api(node, 'conversations'))['items'] as Thread[])[0];
}

it(
  'a reaction that was taken off again stays off on the customer’s phone',
  async () => {
    const [ahead, right] = await Promise.all([
      system.spawn('server', shiftedBy(HOUR_MS)),
      system.spawn('server'),
      system.spawn('consumers/inbound'),
    ]);
    await deliverCloud([right], textValue(account.channel, 'wamid.in.1'));
    await waitFor(async () => (await theThread(right)) !== undefined, { what: 'the conversation' });
    const thread = await theThread(right);
    const reaction = { messageId: thread?.lastMessage?.id };
    await api(ahead, 'send_message', {
      threadId: thread?.id,
      kind: 'reaction',
      reaction: { ...reaction, emoji: '👍' },
    });
    await api(right, 'send_message', { threadId: thread?.id, kind: 'reaction', reaction: { ...reaction, emoji: '' } });
    await system.spawn('consumers/outbound');
    await waitFor(() => stub.calls.length >= 2, { what: 'both at the carrier' });
    expect(stub.calls.map(({ body }) => body['reaction'])).toMatchObject([{ emoji: '👍' }, { emoji: '' }]);
  },
  LONG_MS,
);
