/** An administrator manages the team over the socket and over REST, and it acts on live sessions of every node. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMMANDS, type CommandName, type CommandResult } from '../../src/contract/commands.ts';
import { Session } from '../../src/contract/rest.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { refusedCode } from '../support/client.ts';
import {
  assignedThread,
  newCustomer,
  openBusiness,
  startJourney,
  type Business,
  type Journey,
} from '../support/journey.ts';
import { Observer, type Read } from '../support/observer.ts';
import { waitFor } from '../support/wait.ts';

let journey: Journey;
let business: Business;
let admin: Observer;

beforeAll(async () => {
  journey = await startJourney({ env: { LOG_LEVEL: 'trace' } });
  business = await openBusiness(journey);
  admin = await Observer.live(journey.nodes[0].url, business.people.admin);
});
afterAll(async () => {
  admin.close();
  await journey.stop();
});

const newEmail = (): string => `${uuid7()}@people.example`;

function resultOf<N extends CommandName>(name: N, read: Read): CommandResult<N> {
  expect(read.status).toBe(200);
  return COMMANDS[name].result.parse(JSON.parse(read.text)) as CommandResult<N>;
}

async function logIn(email: string, password: string): Promise<Session> {
  const response = await fetch(`${journey.nodes[1].url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password }),
  });
  return Session.parse(await response.json());
}

/** The token of who has chosen a password of their own. */
async function chooseOwn(initial: Session, current: string): Promise<string> {
  expect(initial.passwordChangeRequired).toBe(true);
  const response = await fetch(`${journey.nodes[0].url}/api/auth/password`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${initial.token}` },
    body: JSON.stringify({ current, next: 'a-password-of-their-own' }),
  });
  return Session.parse(await response.json()).token;
}

/** As this node has heard by now. */
async function isOnline(memberId: string): Promise<boolean> {
  const { items } = resultOf('member:list', await admin.ask('GET /api/members', { path: '/api/members' }));
  return items.some(({ member }) => member.id === memberId && member.state === 'online');
}

/** A colleague at work on the other node, who was added through `ask`. */
async function atWork(added: CommandResult<'member:add'>, email: string): Promise<Observer> {
  const token = await chooseOwn(await logIn(email, added.initialPassword ?? ''), added.initialPassword ?? '');
  const { id: memberId, userId } = added.member;
  const person = { tenantId: business.tenantId, memberId, userId, email, token };
  return Observer.live(journey.nodes[1].url, person);
}

it('by REST: added once under one key, at work on another node, promoted and removed there at once', async () => {
  const email = newEmail();
  const headers = { 'idempotency-key': uuid7() };
  const request = { path: '/api/members', body: { email, displayName: 'Remy', role: 'agent' }, headers };
  const added = resultOf('member:add', await admin.ask('POST /api/members', request));
  expect(resultOf('member:add', await admin.ask('POST /api/members', request))).toEqual(added);
  const list = resultOf('member:list', await admin.ask('GET /api/members', { path: '/api/members' }));
  expect(list.items.filter((one) => one.email === email)).toMatchObject([{ member: { id: added.member.id } }]);

  const remy = await atWork(added, email);
  await waitFor(() => isOnline(added.member.id), { what: 'the other node telling who is there' });
  const path = `/api/members/${added.member.id}`;
  const promotion = { path, body: { role: 'manager' } };
  const promoted = resultOf('member:set-role', await admin.ask('PATCH /api/members/{id}', promotion));
  expect(promoted.member).toMatchObject({ role: 'manager', state: 'online' });
  await waitFor(() => remy.client.resyncs.some(({ reason }) => reason === 'permissions'));

  const removal = { path: `${path}/remove`, body: {} };
  resultOf('member:remove', await admin.ask('POST /api/members/{id}/remove', removal));
  await waitFor(() => remy.client.goodbyes.some(({ reason }) => reason === 'revoked'));
  expect((await remy.ask('GET list', { path: '/api/inbox/conversations' })).status).toBe(403);
  remy.close();
});

it('by the socket: the same, and colleagues are told of who comes and who goes', async () => {
  const email = newEmail();
  const commandId = uuid7();
  const input = { email, displayName: 'Sami', role: 'agent', commandId };
  const first = await admin.send('member:add', input);
  expect(await admin.send('member:add', input)).toEqual(first);
  const added = COMMANDS['member:add'].result.parse(first.ok ? first.data : {});
  const memberId = added.member.id;
  const sami = await atWork(added, email);
  const threadId = await assignedThread(journey.system.database, business, {
    ...{ digits: newCustomer(), name: 'Of Sami', assigneeId: memberId },
  });
  const lead = await Observer.live(journey.nodes[1].url, business.people.lead);
  expect(await admin.send('member:set-role', { memberId, role: 'manager' })).toMatchObject({ ok: true });
  await waitFor(() => sami.client.resyncs.some(({ reason }) => reason === 'permissions'));
  expect(await admin.send('member:remove', { memberId })).toMatchObject({ ok: true, data: { memberId } });
  await waitFor(() => sami.client.goodbyes.some(({ reason }) => reason === 'revoked'));
  expect(await refusedCode(journey.nodes[1].url, { token: sami.person.token })).toBe('forbidden');
  await waitFor(() => lead.client.events().some(({ type }) => type === 'thread.updated'));
  expect(lead.client.events()).toMatchObject([
    { type: 'member.updated', data: { member: { id: memberId, role: 'manager' } } },
    { type: 'member.updated', data: { member: { id: memberId }, removed: true } },
    { type: 'thread.updated', data: { thread: { id: threadId, assigneeId: null } } },
  ]);
  expect(lead.where(email)).toEqual([]);
  lead.close();
  sami.close();
});

it('leaves no password in any log, however much is logged', async () => {
  // Without digits, which a log masks by itself.
  const password = 'spoken-by-the-administrator';
  const given = { email: newEmail(), displayName: 'Tove', role: 'agent', password };
  await admin.send('member:add', { ...given, commandId: uuid7() });
  await admin.ask('POST /api/members', { path: '/api/members', body: { ...given, email: newEmail() } });
  const shown = await admin.send('member:add', { ...given, email: newEmail(), password: undefined });
  const { initialPassword = '' } = COMMANDS['member:add'].result.parse(shown.ok ? shown.data : {});
  expect(initialPassword).not.toBe('');
  // Lines are written with a delay: this one comes after all that could tell.
  const last = `last-${uuid7()}`;
  await admin.ask('GET /api/members', { path: '/api/members', headers: { 'x-correlation-id': last } });
  const log = await waitFor(async () => {
    const text = await readFile(journey.nodes[0].logFile, 'utf8');
    return text.includes(last) ? text : null;
  });
  for (const word of [password, initialPassword]) expect(log).not.toContain(word);
});
