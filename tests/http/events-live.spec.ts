import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { waitFor } from '../support/wait.ts';
import {
  ask,
  logIn,
  MOST_CONNECTIONS,
  newAccount,
  newMember,
  newTenant,
  parse,
  startGateway,
  type Gateway,
} from './support.ts';

let gateway: Gateway;
let tenantId: TenantId;
let accountId: string;
let agent: Record<string, string>;
let manager: Record<string, string>;

beforeAll(async () => {
  gateway = await startGateway({ live: true });
  tenantId = await newTenant(gateway.db, 'acme');
  accountId = await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
  await newMember(gateway.db, { tenantId, email: 'agent@acme.test', role: 'agent' });
  await newMember(gateway.db, { tenantId, email: 'manager@acme.test', role: 'manager' });
  agent = await logIn(gateway, 'agent@acme.test');
  manager = await logIn(gateway, 'manager@acme.test');
});
afterAll(() => gateway.close());

interface Listening {
  readonly response: IncomingMessage;
  readonly text: () => string;
}

async function listen(headers: Record<string, string>): Promise<Listening> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = { host: '127.0.0.1', port: gateway.port, path: '/api/inbox/events', headers, agent: false };
    httpRequest(options, resolve).on('error', reject).end();
  });
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('error', () => undefined);
  return { response, text: () => text };
}

const say = async (path: string, body: unknown, method = 'POST'): Promise<Record<string, unknown>> => {
  const headers = { ...manager, 'content-type': 'application/json' };
  return parse(await ask(gateway, { method, path, headers, body: JSON.stringify(body) }));
};

function lastId(text: string): string {
  return [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? '';
}

it('a reader that was away gets what it missed, and never what it may not see', async () => {
  const template = { kind: 'template', template: { name: 'hello', language: 'en' } };
  const first = await listen(agent);
  const sent = await say('/api/inbox/send_message', { accountId, to: '+15550100101', ...template });
  const { threadId } = sent['message'] as { threadId: string };
  await waitFor(() => first.text().includes('event: message.created'));
  const id = lastId(first.text());
  first.response.destroy();

  await say(`/api/inbox/conversations/${threadId}/tags`, { add: ['missed'] }, 'PATCH');
  const { items } = parse(await ask(gateway, { path: '/api/inbox/conversations', headers: manager })) as {
    items: { tags: string[] }[];
  };
  expect(items[0]?.tags).toEqual(['missed']);
  const again = await listen({ ...agent, 'last-event-id': id });
  await waitFor(() => again.text().includes('"missed"'));
  expect(again.text()).not.toContain('event: message.created');

  const managerId = await gateway.db.run(
    'test',
    (sql) => sql<{ id: string }[]>`
    select m.id from tenant_members m join users u on u.id = m.user_id where u.email = 'manager@acme.test'`,
  );
  await say(`/api/inbox/conversations/${threadId}/assign`, { assigneeId: managerId[0]?.id }, 'PATCH');
  await waitFor(() => again.text().includes('event: thread.removed'));
  await say(`/api/inbox/conversations/${threadId}/tags`, { add: ['hidden'] }, 'PATCH');
  const seen = await listen({ ...manager, 'last-event-id': id });
  await waitFor(() => seen.text().includes('"hidden"'));
  const [, seq] = lastId(seen.text()).split(':');
  await waitFor(() => Number(lastId(again.text()).split(':')[1]) >= Number(seq));
  expect(again.text()).not.toContain('hidden');
  again.response.destroy();
  seen.response.destroy();
});

it('a place in another log, or one that was never reached, asks for a snapshot', async () => {
  const stream = await listen({ ...agent, 'last-event-id': 'elsewhere:1' });
  await waitFor(() => stream.text().includes('event: resync\ndata: {"reason":"epoch"}'));
  stream.response.destroy();
});

it('a member has so many streams at a time; one more is refused until another ends', async () => {
  const streams = await Promise.all(Array.from({ length: MOST_CONNECTIONS }, () => listen(agent)));
  for (const { response } of streams) expect(response.statusCode).toBe(200);
  // Not asked to its end: one that is let in has none.
  const refused = await listen(agent);
  expect(refused.response.statusCode).toBe(429);
  expect(Number(refused.response.headers['retry-after'])).toBeGreaterThan(0);
  await waitFor(() => refused.text().includes('"code":"rate_limited"'));
  const other = await listen(manager);
  expect(other.response.statusCode).toBe(200);

  streams[0]?.response.destroy();
  await waitFor(async () => {
    const again = await listen(agent);
    again.response.destroy();
    return again.response.statusCode === 200;
  });
  for (const { response } of [...streams, other]) response.destroy();
});
