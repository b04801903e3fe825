/** Nobody receives anything of a conversation that is not theirs to see, on any surface, in any role and setting. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_NAMES, type Counts } from '../../src/contract/commands.ts';
import type { AgentVisibility } from '../../src/contract/entities.ts';
import { setRole, removeMember } from '../../src/inbox/team/admin.ts';
import { openClient, refusedCode } from '../support/client.ts';
import {
  customerWrites,
  issueToken,
  openBusiness,
  PEOPLE,
  startJourney,
  storedMessage,
  type Business,
  type Journey,
  type PersonName,
} from '../support/journey.ts';
import { Observer } from '../support/observer.ts';
import { fingerprintOf, markersOf, offeredAll, ownThread, playThread } from '../support/stage.ts';
import { COMMAND_ROWS, ROUTE_ROWS, type Own, type Secret } from '../support/surfaces.ts';
import { waitFor } from '../support/wait.ts';

const NAMES = Object.keys(PEOPLE) as PersonName[];

let journey: Journey;

beforeAll(async () => {
  journey = await startJourney();
});
afterAll(async () => {
  await journey.stop();
});

const node = (index: number): string => journey.nodes[index % 2 === 0 ? 0 : 1].url;

async function observeAll(business: Business): Promise<Record<PersonName, Observer>> {
  const entries = await Promise.all(
    NAMES.map(async (name, index) => [name, await Observer.live(node(index), business.people[name])] as const),
  );
  return Object.fromEntries(entries) as Record<PersonName, Observer>;
}

/** What protocol section 7 promises, written down once more: who sees a conversation of Ana's, and one of nobody's. */
const SEES: Record<AgentVisibility, { readonly assigned: PersonName[]; readonly unassigned: PersonName[] }> = {
  own: { assigned: ['admin', 'lead', 'ana'], unassigned: ['admin', 'lead'] },
  own_and_unassigned: { assigned: ['admin', 'lead', 'ana'], unassigned: ['admin', 'lead', 'ana', 'bruno'] },
  all: { assigned: ['admin', 'lead', 'ana', 'bruno'], unassigned: ['admin', 'lead', 'ana', 'bruno'] },
};

/** Everything a stranger may try. Returns what was answered otherwise than it must be. */
async function tryEverything(observer: Observer, secret: Secret, own: Own, foreign: boolean): Promise<string[]> {
  const wrong: string[] = [];
  for (const name of COMMAND_NAMES) {
    for (const { input, expect: wanted } of COMMAND_ROWS[name](secret, own, foreign)) {
      const answer = await observer.send(name, input);
      const got = answer.ok ? 'ok' : answer.error.code;
      if (got !== wanted) wrong.push(`${name} ${JSON.stringify(input)}: ${got} instead of ${wanted}`);
    }
  }
  for (const [route, rows] of Object.entries(ROUTE_ROWS)) {
    for (const { path, status, body } of rows(secret, own)) {
      const answer = await observer.ask(route, { path, body });
      if (status !== null && answer.status !== status) wrong.push(`${route} ${path}: ${String(answer.status)}`);
    }
  }
  return wrong;
}

/** On each surface: does who may see the conversation see it? Names of surfaces where they do not. */
async function missedBy(
  [observer, again]: readonly [Observer, Observer],
  secret: Secret,
  isActor: boolean,
): Promise<string[]> {
  const { threadId, text, mediaId, digits, tag } = secret;
  await Promise.all([
    observer.send('inbox:snapshot', {}),
    observer.send('thread:messages', { threadId }),
    observer.send('thread:search', { threadId, q: text }),
    observer.send('thread:find-texts', { threadIds: [threadId], q: text }),
    observer.send('thread:list', { status: 'pending' }),
    observer.ask('GET list', { path: '/api/inbox/conversations' }),
    observer.ask('GET messages', { path: `/api/inbox/conversations/${threadId}/messages` }),
    observer.ask('GET media', { path: `/api/media/${mediaId}` }),
    ...[`q=${text}`, `q=${digits}`, `tag=${tag}`].map((query) =>
      observer.ask(`GET search ${query}`, { path: `/api/inbox/conversations?${query}` }),
    ),
  ]);
  const surfaces: [string, string][] = [
    ...['socket', 'socket replay', 'stream', 'stream replay'].flatMap((one): [string, string][] => [
      [one, threadId],
      [one, text],
      [one, 'note.created'],
    ]),
    ...['inbox:snapshot', 'thread:list', 'GET list', 'viewing'].map((one): [string, string] => [one, threadId]),
    ...[`q=${text}`, `q=${digits}`, `tag=${tag}`].map((query): [string, string] => [`GET search ${query}`, threadId]),
    ...['thread:search', 'thread:find-texts'].map((one): [string, string] => [one, 'isFound']),
    ...['thread:messages', 'GET messages', 'GET media'].map((one): [string, string] => [one, text]),
    // Whoever types is not told that they do.
    ...(isActor ? [] : ([['typing', `"threadId":"${threadId}","by":{"type":"member"`]] as [string, string][])),
    ['typing', `"threadId":"${threadId}","by":{"type":"contact"`],
  ];
  const missing = (): string[] =>
    surfaces.flatMap(([surface, marker]) =>
      observer.has(surface, marker) || again.has(surface, marker) ? [] : [`${surface}: ${marker}`],
    );
  await waitFor(() => missing().length === 0).catch(() => undefined);
  return missing();
}

async function countsOf(observer: Observer): Promise<Counts> {
  const answer = await observer.send('inbox:snapshot', {});
  return (answer.ok ? answer.data['counts'] : null) as Counts;
}

/** How many of Ana's and Bruno's own conversations, one each, a person sees. */
function ownThreadsSeen(name: PersonName, visibility: AgentVisibility): number {
  if (name === 'operator') return 0;
  return name === 'admin' || name === 'lead' || visibility === 'all' ? 2 : 1;
}

describe('the matrix', () => {
  it('has a row for every command', () => {
    expect(Object.keys(COMMAND_ROWS).sort()).toEqual([...COMMAND_NAMES].sort());
  });

  it('has a row for every route', async () => {
    const document = (await (await fetch(`${node(0)}/openapi.json`)).json()) as { paths: Record<string, object> };
    const routes = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(Object.keys(ROUTE_ROWS).sort()).toEqual(routes.sort());
  });
});

describe.each(['own', 'own_and_unassigned', 'all'] as const)('with agents seeing: %s', (visibility) => {
  it('each person receives all of what they may see and nothing of the rest, on every surface', async () => {
    const business = await openBusiness(journey, { visibility, provider: 'evolution' });
    const mine: Partial<Record<PersonName, Own>> = {};
    for (const name of ['ana', 'bruno'] as const) mine[name] = await ownThread(journey, business, name);
    const people = await observeAll(business);
    const before = Object.fromEntries(NAMES.map((name) => [name, people[name].client.ready[0]?.cursor ?? null]));
    const secrets = {
      assigned: await playThread(journey, business, { assignee: 'ana', actor: people.ana }),
      unassigned: await playThread(journey, business, { assignee: null, actor: people.lead }),
    };
    await Promise.all(NAMES.map((name) => offeredAll(journey, people[name])));
    const wrong: string[] = [];
    await Promise.all(
      NAMES.map(async (name, index) => {
        const observer = people[name];
        const again = await Observer.live(node(index + 1), business.people[name], before[name] ?? null);
        await offeredAll(journey, again);
        let visible = ownThreadsSeen(name, visibility);
        for (const kind of ['assigned', 'unassigned'] as const) {
          const secret = secrets[kind];
          if (SEES[visibility][kind].includes(name)) {
            visible += 1;
            const isActor = observer === (kind === 'assigned' ? people.ana : people.lead);
            const missed = await missedBy([observer, again], secret, isActor);
            wrong.push(...missed.map((what) => `${name} misses ${kind} on ${what}`));
            continue;
          }
          const state = await fingerprintOf(journey, secret.threadId);
          const own = mine[name];
          if (own !== undefined) wrong.push(...(await tryEverything(observer, secret, own, false)));
          for (const marker of markersOf(secret)) {
            const where = [...observer.where(marker), ...again.where(marker)];
            wrong.push(...where.map((surface) => `${name} is shown ${marker} of ${kind} by ${surface}`));
          }
          expect(await fingerprintOf(journey, secret.threadId)).toBe(state);
        }
        expect({ name, all: (await countsOf(observer)).all }).toEqual({ name, all: visible });
        again.close();
      }),
    );
    expect(wrong).toEqual([]);
    for (const name of NAMES) people[name].close();
  });
});

describe('another tenant', () => {
  it('is out of reach: by id in any command, by any route, by header, by handshake', async () => {
    const business = await openBusiness(journey, { provider: 'evolution', visibility: 'all' });
    const other = await openBusiness(journey, { provider: 'evolution', visibility: 'all' });
    const actor = await Observer.live(node(0), business.people.ana);
    const stranger = await Observer.live(node(1), other.people.lead);
    const secret = await playThread(journey, business, { assignee: 'ana', actor });
    const own = await ownThread(journey, other, 'lead');
    const state = await fingerprintOf(journey, secret.threadId);
    expect(await tryEverything(stranger, secret, own, true)).toEqual([]);
    const list = '/api/inbox/conversations';
    const as = (tenantId: string): Record<string, string> => ({ 'x-tenant-id': tenantId });
    const tricks = [
      { headers: as(business.tenantId), status: 403 },
      { headers: as(business.tenantId.toUpperCase()), status: 403 },
      { headers: as(`${other.tenantId}, ${business.tenantId}`), status: 400 },
      { headers: as('*'), status: 400 },
      { headers: as(other.tenantId), query: `?tenantId=${business.tenantId}&tenant=${business.tenantId}`, status: 400 },
    ];
    for (const { headers, status, query = '' } of tricks) {
      const answer = await stranger.ask('GET trick', { path: `${list}${query}`, headers });
      expect({ headers, status: answer.status }).toEqual({ headers, status });
    }
    expect(await refusedCode(node(0), { token: other.people.lead.token, tenantId: business.tenantId })).toBe(
      'forbidden',
    );
    await offeredAll(journey, stranger);
    // The cursor of another tenant's log opens nothing either.
    const cursor = actor.client.ready[0]?.cursor ?? null;
    const replay = await Observer.live(node(0), other.people.lead, cursor);
    const markers = [...markersOf(secret), business.tenantId, business.accountId, business.people.ana.memberId];
    for (const marker of markers) {
      expect({ marker, where: stranger.where(marker) }).toEqual({ marker, where: [] });
      expect({ marker, where: replay.where(marker) }).toEqual({ marker, where: [] });
    }
    expect(await fingerprintOf(journey, secret.threadId)).toBe(state);
    for (const one of [actor, stranger, replay]) one.close();
  });

  it('does not lend its rights: a manager there is what they are here', async () => {
    const business = await openBusiness(journey, { provider: 'evolution' });
    const other = await openBusiness(journey, { provider: 'evolution' });
    const { bruno, lead } = business.people;
    const { database } = journey.system;
    // Bruno leads the other team.
    const rows = await database.run(
      'test.member',
      (sql) => sql<{ id: string }[]>`insert into tenant_members (tenant_id, user_id, display_name, role)
        values (${other.tenantId}, ${bruno.userId}, 'Bruno', 'manager') returning id`,
    );
    expect(rows).toHaveLength(1);
    const actor = await Observer.live(node(0), business.people.ana);
    const secret = await playThread(journey, business, { assignee: 'ana', actor });
    const token = issueToken(database, bruno.userId);
    const ask = async (tenantId: string | null, who = token): Promise<number> =>
      (
        await fetch(`${node(1)}/api/inbox/conversations/${secret.threadId}/messages`, {
          headers: { authorization: `Bearer ${who}`, ...(tenantId === null ? {} : { 'x-tenant-id': tenantId }) },
        })
      ).status;
    expect(await ask(business.tenantId)).toBe(404);
    expect(await ask(other.tenantId)).toBe(404);
    expect(await ask(null)).toBe(400);
    expect(await ask(business.tenantId, lead.token)).toBe(200);
    const socket = openClient(node(1), { token, tenantId: other.tenantId });
    await waitFor(() => socket.ready.length > 0);
    expect(socket.ready[0]?.tenant.id).toBe(other.tenantId);
    socket.close();
    actor.close();
  });
});

describe('a change of rights reaches live connections', () => {
  it('for a demotion that nobody announced', async () => {
    const business = await openBusiness(journey, { provider: 'evolution' });
    const [lead, ana] = await Promise.all([
      Observer.live(node(0), business.people.lead),
      Observer.live(node(1), business.people.ana),
    ]);
    const secret = await playThread(journey, business, { assignee: 'ana', actor: ana });
    await waitFor(() => lead.has('socket', secret.text) && lead.has('stream', secret.text));
    const { tenantId, email } = business.people.lead;
    await setRole(journey.system.database, { tenantId, email }, 'agent');
    expect(
      (await lead.ask('GET messages', { path: `/api/inbox/conversations/${secret.threadId}/messages` })).status,
    ).toBe(404);
    await waitFor(() => lead.has('resync', 'permissions') && lead.has('stream', 'event: resync'));
    const late = await customerWrites(journey, business, { from: secret.digits, text: 'only for Ana now' });
    await storedMessage(journey.system.database, tenantId, late);
    await ana.send('typing:set', { threadId: secret.threadId, typing: true });
    await waitFor(() => ana.has('socket', 'only for Ana now'));
    await offeredAll(journey, lead);
    expect(lead.where('only for Ana now')).toEqual([]);
    for (const one of [lead, ana]) one.close();
  });

  it('for a conversation that is given to a colleague', async () => {
    const business = await openBusiness(journey, { provider: 'evolution' });
    const [lead, ana, bruno] = await Promise.all([
      Observer.live(node(0), business.people.lead),
      Observer.live(node(1), business.people.ana),
      Observer.live(node(0), business.people.bruno),
    ]);
    const secret = await playThread(journey, business, { assignee: 'ana', actor: ana });
    const { threadId } = secret;
    expect(bruno.where(threadId)).toEqual([]);
    await lead.send('thread:assign', { threadId, assigneeId: business.people.bruno.memberId });
    await waitFor(() => ana.has('socket', 'thread.removed') && ana.has('stream', 'thread.removed'));
    await waitFor(() => bruno.has('socket', threadId) && bruno.has('stream', threadId));
    const typedBefore = ana.received.get('typing') ?? '';
    const late = await customerWrites(journey, business, { from: secret.digits, text: 'only for Bruno now' });
    await storedMessage(journey.system.database, business.tenantId, late);
    await bruno.send('thread:open', { threadId });
    await lead.send('typing:set', { threadId, typing: true });
    await waitFor(() => bruno.has('socket', 'only for Bruno now') && bruno.has('typing', threadId));
    await offeredAll(journey, ana);
    expect(ana.where('only for Bruno now')).toEqual([]);
    expect(ana.received.get('typing') ?? '').toBe(typedBefore);
    expect((await ana.ask('GET media', { path: `/api/media/${secret.mediaId}` })).status).toBe(404);
    for (const one of [lead, ana, bruno]) one.close();
  });

  it('for a membership that has ended', async () => {
    const business = await openBusiness(journey, { provider: 'evolution' });
    const lead = await Observer.live(node(1), business.people.lead);
    const { tenantId, email } = business.people.lead;
    await removeMember(journey.system.database, { tenantId, email });
    await waitFor(() => lead.has('goodbye', 'revoked') && lead.has('stream', 'goodbye'));
    expect((await lead.ask('GET list', { path: '/api/inbox/conversations' })).status).toBe(403);
    expect(await refusedCode(node(0), { token: business.people.lead.token })).toBe('forbidden');
    lead.close();
  });
});
