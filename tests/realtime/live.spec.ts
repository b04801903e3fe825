import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { SERVER_EVENTS } from '../../src/contract/socket.ts';
import { EventsFrame } from '../../src/contract/events.ts';
import { removeMember, setRole } from '../../src/inbox/team/admin.ts';
import { liveClient, openClient, refusedCode, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { assign, createTeam, customerWrites, setVisibility, touch } from '../support/inbox.ts';
import { hire, startNode, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
let deaf: TestNode;
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), { name: 'node-a' });
  deaf = await startNode(db, testRedisUrl(), { name: 'node-deaf', throughHints: () => () => () => undefined });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await Promise.all([node.stop(), deaf.stop()]);
  await db.drop();
});

async function connect(
  on: TestNode,
  token: string,
  cursor: { epoch: string; seq: number } | null = null,
): Promise<TestClient> {
  const client = await liveClient(on.url, token, cursor);
  clients.push(client);
  return client;
}

const typesOf = (client: TestClient): string[] => client.events().map((event) => event.type);

describe('the handshake', () => {
  test('refuses without a token, with a wrong one, and for a tenant the user is not in', async () => {
    const [team, other] = [await createTeam(db.database), await createTeam(db.database)];
    const agent = await hire(db.database, team.tenantId, 'agent');
    expect(await refusedCode(node.url, {})).toBe('unauthenticated');
    expect(await refusedCode(node.url, { token: 'nonsense' })).toBe('unauthenticated');
    expect(await refusedCode(node.url, { token: agent.token, tenantId: other.tenantId })).toBe('forbidden');
    expect(await refusedCode(node.url, { token: agent.token, tenantId: 'x' })).toBe('invalid_input');
  });

  test('ready says who, what they may do, and where live begins', async () => {
    const team = await createTeam(db.database);
    const agent = await hire(db.database, team.tenantId, 'agent');
    const client = await connect(node, agent.token);
    const ready = SERVER_EVENTS.ready.parse(client.ready[0]);
    expect(ready).toMatchObject({
      protocol: 1,
      node: 'node-a',
      member: { id: agent.memberId, role: 'agent', state: 'online' },
    });
    expect(ready.cursor.seq).toBe(1);
    expect(ready.rules.length).toBeGreaterThan(0);
  });
});

describe('live events', () => {
  test('arrive from a hint, and without any hint through the poll, in the public shape', async () => {
    const team = await createTeam(db.database);
    const boss = await hire(db.database, team.tenantId, 'manager');
    const [a, b] = [await connect(node, boss.token), await connect(deaf, boss.token)];
    node.publish((await customerWrites(db.database, team)).logged);
    for (const client of [a, b]) {
      await waitFor(() => client.events().length >= 2);
      for (const frame of client.frames) EventsFrame.parse(frame);
      expect(typesOf(client)).toEqual(['thread.created', 'message.created']);
    }
  });

  test('an own-only agent is told of its threads and of nothing else, on the wire', async () => {
    const team = await createTeam(db.database);
    const [mine, theirs] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const client = await connect(node, mine.token);
    const raw: string[] = [];
    client.socket.io.engine.on('data', (data: unknown) => raw.push(String(data)));
    const { threadId, logged } = await customerWrites(db.database, team);
    const own = await customerWrites(db.database, team);
    node.publish(logged);
    node.publish(await assign(db.database, team.tenantId, { threadId, to: theirs.memberId }));
    node.publish(await touch(db.database, team.tenantId, threadId, 3));
    node.publish(await assign(db.database, team.tenantId, { threadId: own.threadId, to: mine.memberId }));
    await waitFor(() => client.events().length > 0);
    const seq = client.frames.at(-1)?.to ?? 0;
    expect(client.events().map((event) => event.type)).toEqual(['thread.updated']);
    expect(raw.join('')).not.toContain(threadId);
    expect(seq).toBe(own.logged.length + logged.length + 2 + 1 + 3 + 1);
  });

  test('a thread that is assigned away is a tombstone, one that comes is the whole thread', async () => {
    const team = await createTeam(db.database, 'own_and_unassigned');
    const [one, two] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const client = await connect(node, one.token);
    const { threadId, logged } = await customerWrites(db.database, team);
    node.publish(logged);
    node.publish(await assign(db.database, team.tenantId, { threadId, to: two.memberId }));
    node.publish(await assign(db.database, team.tenantId, { threadId, to: one.memberId }));
    await waitFor(() => client.events().length >= 4);
    expect(typesOf(client)).toEqual(['thread.created', 'message.created', 'thread.removed', 'thread.updated']);
    expect(client.events()[2]?.data).toEqual({ threadId, reason: 'assigned_away' });
  });

  test('nothing crosses tenants, and a super admin sees no threads', async () => {
    const [team, other] = [await createTeam(db.database), await createTeam(db.database)];
    const stranger = await connect(node, (await hire(db.database, other.tenantId, 'manager')).token);
    const platform = await connect(node, (await hire(db.database, team.tenantId, 'super_admin')).token);
    const boss = await connect(node, (await hire(db.database, team.tenantId, 'manager')).token);
    node.publish((await customerWrites(db.database, team)).logged);
    await waitFor(() => boss.events().length >= 2);
    const head = boss.frames.at(-1)?.to ?? 0;
    await waitFor(() => (platform.frames.at(-1)?.to ?? 0) >= head, { what: 'the cursor of the super admin' });
    expect(stranger.events()).toEqual([]);
    expect(typesOf(platform).filter((type) => type !== 'member.updated')).toEqual([]);
  });

  test('internal fields of a member stay inside', async () => {
    const team = await createTeam(db.database);
    const boss = await connect(node, (await hire(db.database, team.tenantId, 'manager')).token);
    const added = await hire(db.database, team.tenantId, 'agent');
    await waitFor(() => boss.events().length > 0);
    expect(Object.keys(boss.events()[0]?.data ?? {})).toEqual(['member']);
    expect(boss.events()[0]?.data).toMatchObject({ member: { id: added.memberId, state: 'offline' } });
  });
});

describe('resuming', () => {
  test('with a cursor replays exactly what was missed and then goes on', async () => {
    const team = await createTeam(db.database);
    const boss = await hire(db.database, team.tenantId, 'manager');
    const first = await connect(node, boss.token);
    const cursor = first.ready[0]?.cursor ?? { epoch: '', seq: 0 };
    first.close();
    const { threadId } = await customerWrites(db.database, team);
    await touch(db.database, team.tenantId, threadId, 700);
    for (const on of [node, deaf]) {
      const client = await connect(on, boss.token, cursor);
      expect(client.resyncs).toEqual([]);
      expect(client.events().map((event) => event.seq)).toEqual(
        Array.from({ length: 702 }, (_, i) => cursor.seq + 1 + i),
      );
      for (const [index, frame] of client.frames.entries()) {
        expect(frame.from).toBe(index === 0 ? cursor.seq : client.frames[index - 1]?.to);
        expect(frame.events.length).toBeLessThanOrEqual(200);
      }
      expect(client.ready[0]?.cursor.seq).toBe(cursor.seq + 702);
      node.publish(await touch(db.database, team.tenantId, threadId));
      await waitFor(() => client.events().length === 703);
      client.close();
      // The second node's round starts one event later, because one was added.
      cursor.seq += 1;
    }
  });

  test('says why where it cannot: too old, another epoch, ahead of the log', async () => {
    const team = await createTeam(db.database);
    const boss = await hire(db.database, team.tenantId, 'manager');
    const { threadId } = await customerWrites(db.database, team);
    const at = (await connect(node, boss.token)).ready[0]?.cursor ?? { epoch: '', seq: 0 };
    await touch(db.database, team.tenantId, threadId, 2001);
    const reasons: unknown[] = [];
    for (const cursor of [at, { epoch: 'other', seq: 1 }, { epoch: at.epoch, seq: 1_000_000 }]) {
      const client = await connect(node, boss.token, cursor);
      reasons.push(...client.resyncs.map((resync) => resync.reason));
      expect(client.events()).toEqual([]);
    }
    expect(reasons).toEqual(['too-old', 'epoch', 'ahead']);
  });

  test('a part of the log that is no longer kept is a resync, not silence', async () => {
    const team = await createTeam(db.database);
    const boss = await hire(db.database, team.tenantId, 'manager');
    const { threadId } = await customerWrites(db.database, team);
    await touch(db.database, team.tenantId, threadId, 600);
    await db.database.run(
      'test.cut',
      (sql) => sql`delete from tenant_events where tenant_id = ${team.tenantId} and seq < 50`,
    );
    const [row] = await db.database.run(
      'test.epoch',
      (sql) => sql<{ epoch: string }[]>`select epoch from tenant_logs where tenant_id = ${team.tenantId}`,
    );
    const client = await connect(deaf, boss.token, { epoch: row?.epoch ?? '', seq: 10 });
    expect(client.resyncs).toEqual([{ reason: 'too-old' }]);
  });

  test('is filtered by what the member may see now', async () => {
    const team = await createTeam(db.database, 'own');
    const [one, two] = [
      await hire(db.database, team.tenantId, 'agent'),
      await hire(db.database, team.tenantId, 'agent'),
    ];
    const [kept, lost, never] = [
      await customerWrites(db.database, team),
      await customerWrites(db.database, team),
      await customerWrites(db.database, team),
    ];
    for (const { threadId } of [kept, lost]) await assign(db.database, team.tenantId, { threadId, to: one.memberId });
    const first = await connect(node, one.token);
    const cursor = first.ready[0]?.cursor ?? null;
    first.close();
    await touch(db.database, team.tenantId, lost.threadId, 5);
    await touch(db.database, team.tenantId, kept.threadId, 2);
    await touch(db.database, team.tenantId, never.threadId, 2);
    await assign(db.database, team.tenantId, { threadId: lost.threadId, to: two.memberId });
    await touch(db.database, team.tenantId, lost.threadId, 5);
    const client = await connect(deaf, one.token, cursor);
    expect(typesOf(client)).toEqual(['thread.removed', 'thread.updated', 'thread.updated']);
    expect(client.events()[0]?.data).toMatchObject({ threadId: lost.threadId });
  });

  test('after a change of rights is a resync, after an unrelated change of the member is not', async () => {
    const team = await createTeam(db.database, 'own');
    const agent = await hire(db.database, team.tenantId, 'agent');
    const first = await connect(node, agent.token);
    let cursor = first.ready[0]?.cursor ?? null;
    first.close();
    const member = { tenantId: team.tenantId, email: agent.email };
    await setRole(db.database, member, 'manager');
    const promoted = await connect(node, agent.token, cursor);
    expect(promoted.resyncs).toEqual([{ reason: 'permissions' }]);
    expect(promoted.ready[0]?.member.role).toBe('manager');
    cursor = promoted.ready[0]?.cursor ?? null;
    promoted.close();
    await setVisibility(db.database, team.tenantId, 'all');
    const manager = await connect(node, agent.token, cursor);
    expect(manager.resyncs).toEqual([]);
  });
});

describe('revocation on a live connection', () => {
  test('a removed member is told and disconnected, hints or not', async () => {
    const team = await createTeam(db.database, 'all');
    const agent = await hire(db.database, team.tenantId, 'agent');
    for (const on of [node, deaf]) {
      const victim = await hire(db.database, team.tenantId, 'agent');
      const client = await connect(on, victim.token);
      await removeMember(db.database, { tenantId: team.tenantId, email: victim.email });
      await waitFor(() => !client.socket.connected);
      expect(client.goodbyes).toEqual([{ reason: 'revoked' }]);
      expect(await refusedCode(on.url, { token: victim.token, tenantId: team.tenantId })).toBe('forbidden');
    }
    expect(agent.memberId).not.toBe('');
  });

  test('a change of role or visibility moves the connection at once and makes it resync; its frames still chain', async () => {
    const team = await createTeam(db.database, 'all');
    const agent = await hire(db.database, team.tenantId, 'agent');
    const { threadId } = await customerWrites(db.database, team);
    const client = await connect(node, agent.token);
    node.publish(await touch(db.database, team.tenantId, threadId));
    await waitFor(() => client.events().length === 1);
    node.publish(await setVisibility(db.database, team.tenantId, 'own'));
    await waitFor(() => client.resyncs.length === 1);
    const before = client.events().length;
    node.publish(await touch(db.database, team.tenantId, threadId, 2));
    node.publish((await setRole(db.database, { tenantId: team.tenantId, email: agent.email }, 'manager')).logged);
    await waitFor(() => client.resyncs.length === 2);
    expect(
      client
        .events()
        .slice(before)
        .map((event) => event.type),
    ).toEqual(['member.updated']);
    node.publish(await touch(db.database, team.tenantId, threadId));
    await waitFor(() => client.events().at(-1)?.type === 'thread.updated');
    expect(client.resyncs.map(({ reason }) => reason)).toEqual(['permissions', 'permissions']);
    expect(client.frames.slice(1).map(({ from }) => from)).toEqual(client.frames.slice(0, -1).map(({ to }) => to));
  });

  test('a new epoch makes everybody resync', async () => {
    const team = await createTeam(db.database);
    const client = await connect(node, (await hire(db.database, team.tenantId, 'manager')).token);
    await db.database.run(
      'test.epoch',
      (sql) => sql`update tenant_logs set epoch = 'restored' where tenant_id = ${team.tenantId}`,
    );
    await waitFor(() => client.resyncs.length === 1);
    expect(client.resyncs).toEqual([{ reason: 'epoch' }]);
    node.publish((await customerWrites(db.database, team)).logged);
    await waitFor(() => client.events().length >= 2);
    expect(client.frames.at(-1)?.epoch).toBe('restored');
  });
});

test('a client that connects without a cursor is live from ready on and gets no past', async () => {
  const team = await createTeam(db.database);
  const boss = await hire(db.database, team.tenantId, 'manager');
  await customerWrites(db.database, team);
  const client = openClient(node.url, { token: boss.token });
  clients.push(client);
  await waitFor(() => client.ready.length === 1);
  expect(client.events()).toEqual([]);
});
