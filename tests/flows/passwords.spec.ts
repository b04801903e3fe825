/** Whose password is changed is out, on every node and surface; the session that changed it goes on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMMANDS } from '../../src/contract/commands.ts';
import { Session } from '../../src/contract/rest.ts';
import { addMember, setPassword } from '../../src/inbox/team/admin.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { refusedCode } from '../support/client.ts';
import { openBusiness, startJourney, type Business, type Journey } from '../support/journey.ts';
import type { Person } from '../support/node.ts';
import { Observer } from '../support/observer.ts';
import { waitFor } from '../support/wait.ts';

const OWN = 'their-own-password';
const NEXT = 'the-next-password';
const LIST = { path: '/api/inbox/conversations' };

let journey: Journey;
let business: Business;
let here: string;
let there: string;

beforeAll(async () => {
  journey = await startJourney();
  business = await openBusiness(journey);
  [here, there] = [journey.nodes[0].url, journey.nodes[1].url];
});
afterAll(() => journey.stop());

async function post(path: string, body: unknown, token?: string): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  return fetch(`${here}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

const logIn = async (email: string, password: string): Promise<Session> =>
  Session.parse(await (await post('/api/auth/login', { email, password })).json());

/** Somebody who can log in again and again. */
async function somebody(): Promise<() => Promise<Person>> {
  const email = `${uuid7()}@people.example`;
  const { tenantId } = business;
  const person = { tenantId, email, name: 'Pia', role: 'agent', password: OWN } as const;
  const { memberId, userId } = await addMember(journey.system.database, person);
  return async () => ({ tenantId, memberId, userId, email, token: (await logIn(email, OWN)).token });
}

const ended = ({ client }: Observer, reason: string): boolean => client.goodbyes.some((one) => one.reason === reason);

/** Nothing lets them in any more. */
async function expectOut(observer: Observer): Promise<void> {
  const { token } = observer.person;
  await waitFor(() => ended(observer, 'revoked'));
  await waitFor(() => observer.has('stream', 'event: goodbye'));
  expect(await refusedCode(here, { token })).toBe('unauthenticated');
  expect((await observer.ask('GET list', LIST)).status).toBe(401);
  expect((await observer.ask('GET events', { path: '/api/inbox/events' })).status).toBe(401);
  expect((await post('/api/auth/renew', {}, token)).status).toBe(401);
  observer.close();
}

it('who changes it ends their other sessions, and goes on over the same socket with the token in the answer', async () => {
  const session = await somebody();
  const [own, others] = [await session(), [await session(), await session()] as const];
  const observer = await Observer.live(here, own);
  const elsewhere = await Promise.all(others.map((person, at) => Observer.live(at === 0 ? here : there, person)));
  const colleague = await Observer.live(there, business.people.lead);

  const answer = await post('/api/auth/password', { current: OWN, next: NEXT }, own.token);
  const { token } = Session.parse(await answer.json());
  expect(await observer.send('session:renew', { token: own.token })).toMatchObject({
    ok: false,
    error: { code: 'unauthenticated' },
  });
  expect(await observer.send('session:renew', { token })).toMatchObject({ ok: true });
  for (const other of elsewhere) await expectOut(other);
  expect(observer.client.goodbyes).toEqual([]);
  expect(await observer.send('thread:list', {})).toMatchObject({ ok: true });
  expect((await observer.ask('GET list', LIST)).status).toBe(401);
  expect(await refusedCode(there, { token: own.token })).toBe('unauthenticated');
  const next = await Observer.live(there, { ...own, token });
  expect(next.client.goodbyes).toEqual([]);
  // Nobody else has learnt of it.
  expect(colleague.client.events()).toEqual([]);
  for (const one of [next, observer, colleague]) one.close();
});

it('an administrator who gives a new one ends them all; nothing else opens before another one is chosen', async () => {
  const session = await somebody();
  const person = await session();
  const observer = await Observer.live(there, person);
  const admin = await Observer.live(here, business.people.admin);
  const path = `/api/members/${person.memberId}/reset-password`;
  const surface = 'POST /api/members/{id}/reset-password';
  const headers = { 'idempotency-key': uuid7() };
  const reset = await admin.ask(surface, { path, body: {}, headers });
  expect(reset.status).toBe(200);
  await expectOut(observer);
  const { initialPassword = '' } = COMMANDS['member:reset-password'].result.parse(JSON.parse(reset.text));
  expect((await admin.ask(surface, { path, body: {}, headers })).text).toContain(initialPassword);

  const restricted = await logIn(person.email, initialPassword);
  expect(restricted.passwordChangeRequired).toBe(true);
  const named = 'password_change_required';
  expect(await refusedCode(there, { token: restricted.token })).toBe(named);
  const asked = [LIST.path, '/api/inbox/events', `/api/media/${uuid7()}`].map((route) =>
    fetch(`${there}${route}`, { headers: { authorization: `Bearer ${restricted.token}` } }),
  );
  for (const response of [...(await Promise.all(asked)), await post('/api/auth/renew', {}, restricted.token)]) {
    expect([response.status, await response.json()]).toMatchObject([403, { error: { code: named } }]);
  }
  const answer = await post('/api/auth/password', { current: initialPassword, next: NEXT }, restricted.token);
  const { token } = Session.parse(await answer.json());
  const back = await Observer.live(there, { ...person, token });
  for (const one of [back, admin]) one.close();
});

it('is known to gateways that no hint reaches, by the log', async () => {
  const session = await somebody();
  const observers = [await Observer.live(here, await session()), await Observer.live(there, await session())];
  await setPassword(journey.system.database, observers[0]?.person.email ?? '', NEXT);
  await Promise.all(observers.map((one) => waitFor(() => ended(one, 'revoked'))));
  for (const one of observers) one.close();
});
