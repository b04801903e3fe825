/** Saved replies over REST. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SavedReply } from '../../src/contract/saved-replies.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import {
  ask,
  errorOf,
  logIn,
  newMember,
  newTenant,
  parse,
  startGateway,
  type Answer,
  type Gateway,
} from './support.ts';

const PATH = '/api/saved-replies';

let gateway: Gateway;
let lead: Record<string, string>;
beforeAll(async () => {
  gateway = await startGateway();
  const tenantId = await newTenant(gateway.db, 'acme');
  await newMember(gateway.db, { tenantId, email: 'lead@acme.test', role: 'manager' });
  await newMember(gateway.db, { tenantId, email: 'agent@acme.test', role: 'agent' });
  lead = await logIn(gateway, 'lead@acme.test');
});
afterAll(() => gateway.close());

interface Wanted {
  readonly method: string;
  readonly path: string;
  readonly key?: string;
}

const write = (
  { method, path, key }: Wanted,
  body: Readonly<Record<string, unknown>>,
  by: Record<string, string> = lead,
): Promise<Answer> => {
  const headers = {
    ...by,
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  return ask(gateway, { method, path, headers, body: JSON.stringify(body) });
};

const listed = async (by: Record<string, string>): Promise<SavedReply[]> => {
  const answer = await ask(gateway, { path: PATH, headers: by });
  return SavedReply.array().parse(parse(answer)['items']);
};

it('they are saved, listed, changed and removed, and what is refused is refused by name and not logged', async () => {
  const agent = await logIn(gateway, 'agent@acme.test');
  const create = { method: 'POST', path: PATH, key: uuid7() };
  const first = await write(create, { shortcut: 'Hours', text: 'Ostrich {{customer.name}}' });
  expect(first.status).toBe(200);
  expect((await write(create, { shortcut: 'Hours', text: 'Ostrich {{customer.name}}' })).text).toBe(first.text);
  const saved = SavedReply.parse(parse(first)['savedReply']);
  expect(await listed(agent)).toEqual([saved]);
  expect((await write({ method: 'POST', path: PATH }, { shortcut: 'mine', text: 'x' }, agent)).status).toBe(403);

  const wrong = await write({ method: 'POST', path: PATH }, { shortcut: 'two words', text: 'Ostrich {{nobody}}' });
  expect(wrong.status).toBe(400);
  expect(errorOf(wrong).details).toEqual([
    { path: 'shortcut', message: 'must consist of letters, digits, - and _' },
    { path: 'text', message: 'has an unknown placeholder: {{nobody}}' },
  ]);
  expect((await write({ method: 'POST', path: PATH }, { shortcut: 'hours', text: 'x' })).status).toBe(409);

  const one = { method: 'PATCH', path: `${PATH}/${saved.id}` };
  const changed = await write(one, { text: 'Ostriches', expectedVersion: 1 });
  expect(changed.status).toBe(200);
  const stale = await write(one, { text: 'Emus', expectedVersion: 1 });
  expect(stale.status).toBe(409);
  expect(errorOf(stale).details).toEqual(parse(changed));
  const remove = { method: 'POST', path: `${PATH}/${saved.id}/remove` };
  expect((await write(remove, {})).text).toBe(JSON.stringify({ savedReplyId: saved.id }));
  expect((await write(remove, {})).status).toBe(404);
  expect(await listed(agent)).toEqual([]);
  const log = gateway.logs.text();
  expect(log).toContain(PATH);
  expect(log).not.toMatch(/ostrich/i);
});
