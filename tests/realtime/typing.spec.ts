import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { MemberId, ThreadId } from '../../src/contract/ids.ts';
import type { LogEvent } from '../../src/contract/jobs.ts';
import { removeMember } from '../../src/inbox/team/admin.ts';
import type { LogReader } from '../../src/inbox/log-reader.ts';
import { RingShelf } from '../../src/realtime/ring.ts';
import { measured } from '../../src/realtime/frames.ts';
import { Tailer } from '../../src/realtime/tailer.ts';
import { ThreadMemory } from '../../src/realtime/thread-memory.ts';
import { liveClient, type TestClient } from '../support/client.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { testRedisUrl } from '../support/environment.ts';
import { assign, createTeam, customerWrites, type TestTenant } from '../support/inbox.ts';
import { silentLog } from '../support/log.ts';
import { hire, startNode, type Person, type TestNode } from '../support/node.ts';
import { waitFor } from '../support/wait.ts';

let db: TestDatabase;
let node: TestNode;
let team: TestTenant;
/** Commands that went to Postgres. */
let asked = 0;
const clients: TestClient[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  node = await startNode(db, testRedisUrl(), {
    name: `typing-${randomUUID()}`,
    wrap: (execute) => async (name, input, caller) => {
      asked += 1;
      return await execute(name, input, caller);
    },
  });
  team = await createTeam(db.database, 'own');
});
afterEach(() => {
  vi.useRealTimers();
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await node.stop();
  await db.drop();
});

async function connect(person: Person): Promise<TestClient> {
  const client = await liveClient(node.url, person.token);
  clients.push(client);
  return client;
}

const hireAgent = (): Promise<Person> => hire(db.database, team.tenantId, 'agent');

async function threadOf(memberId: MemberId): Promise<ThreadId> {
  const { threadId, logged } = await customerWrites(db.database, team);
  node.publish(logged);
  node.publish(await assign(db.database, team.tenantId, { threadId, to: memberId }));
  return threadId;
}

async function type(client: TestClient, threadId: string, typing = true): Promise<string> {
  const answer = await client.send('typing:set', { threadId, typing });
  return answer.ok ? 'ok' : answer.error.code;
}

/** Types until it is answered from memory. */
async function typesFromMemory(client: TestClient, threadId: string): Promise<void> {
  await waitFor(async () => {
    const before = asked;
    expect(await type(client, threadId)).toBe('ok');
    return asked === before;
  });
}

describe('typing in a conversation that this node knows', () => {
  test('costs no transaction, reaches colleagues, and nudges the carrier with the newest message', async () => {
    const [agent, boss] = [await hireAgent(), await hire(db.database, team.tenantId, 'manager')];
    const threadId = await threadOf(agent.memberId);
    const [mine, lead] = [await connect(agent), await connect(boss)];
    await typesFromMemory(mine, threadId);
    await waitFor(() => lead.typing.some((frame) => frame.threadId === threadId && frame.typing));
    expect(mine.typing).toEqual([]);
    const [row] = await db.database.run(
      'test.newest',
      (sql) => sql<{ id: string }[]>`
        select provider_message_id as id from messages where thread_id = ${threadId} order by position desc limit 1`,
    );
    const jobs = node.jobs.filter((job) => job.threadId === threadId);
    expect(new Set(jobs.map((job) => `${job.task} ${String(job.providerMessageId)}`))).toEqual(
      new Set([`typing ${String(row?.id)}`]),
    );
  });

  test('is over for who lost it, as soon as that has been seen', async () => {
    const [agent, other] = [await hireAgent(), await hireAgent()];
    const threadId = await threadOf(agent.memberId);
    const [mine, theirs] = [await connect(agent), await connect(other)];
    await typesFromMemory(mine, threadId);
    node.publish(await assign(db.database, team.tenantId, { threadId, to: other.memberId }));
    await waitFor(() => mine.events().some((event) => event.type === 'thread.removed'));
    expect(await type(mine, threadId)).toBe('not_found');
    await typesFromMemory(theirs, threadId);
    expect(mine.typing).toEqual([]);
  });

  test('is over for who is no longer a member', async () => {
    const agent = await hireAgent();
    const threadId = await threadOf(agent.memberId);
    const mine = await connect(agent);
    await typesFromMemory(mine, threadId);
    await removeMember(db.database, { tenantId: team.tenantId, email: agent.email });
    await waitFor(() => !mine.socket.connected);
    expect(mine.goodbyes).toEqual([{ reason: 'revoked' }]);
  });

  test('is refused as ever: foreign, missing, malformed', async () => {
    const [agent, other] = [await hireAgent(), await hireAgent()];
    const [own, foreign] = [await threadOf(agent.memberId), await threadOf(other.memberId)];
    const mine = await connect(agent);
    await typesFromMemory(mine, own);
    expect(await type(mine, foreign)).toBe('not_found');
    expect(await type(mine, randomUUID())).toBe('not_found');
    expect(await type(mine, 'x')).toBe('invalid_input');
  });
});

describe('what is remembered of a thread', () => {
  const threadId = randomUUID() as ThreadId;

  test('is read once, and again after an event', async () => {
    let reads = 0;
    const memory = new ThreadMemory(() => Promise.resolve((reads += 1)));
    expect([await memory.get(threadId), await memory.get(threadId)]).toEqual([1, 1]);
    memory.forget(threadId);
    expect(await memory.get(threadId)).toBe(2);
    memory.clear();
    expect(await memory.get(threadId)).toBe(3);
  });

  test('is read again when an event came while it was read; one that never rests is not known', async () => {
    let reads = 0;
    let disturbed = 1;
    const memory = new ThreadMemory(async () => {
      reads += 1;
      await new Promise(setImmediate);
      if (reads <= disturbed) memory.forget(threadId);
      return reads;
    });
    expect(await memory.get(threadId)).toBe(2);
    memory.clear();
    disturbed = Infinity;
    expect(await memory.get(threadId)).toBeUndefined();
  });

  test('is not the failure of a reading', async () => {
    let broken = true;
    const memory = new ThreadMemory(() => (broken ? Promise.reject(new Error('away')) : Promise.resolve('known')));
    await expect(memory.get(threadId)).rejects.toThrow('away');
    broken = false;
    expect(await memory.get(threadId)).toBe('known');
  });

  test('stays bounded', async () => {
    let reads = 0;
    const memory = new ThreadMemory(() => Promise.resolve((reads += 1)));
    const ids = Array.from({ length: 501 }, () => randomUUID() as ThreadId);
    for (const id of ids) await memory.get(id);
    expect(await memory.get(ids[500]!)).toBe(501);
    expect(await memory.get(ids[0]!)).toBe(502);
  });
});

describe('a tailer', () => {
  test('calls itself level only while it has heard of the head lately', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const head = { tenantId: team.tenantId, epoch: 'e', head: 4 };
    const reader: Partial<LogReader> = {
      heads: () => Promise.resolve([head]),
      knownRange: () => Promise.resolve({ epoch: 'e', head: head.head, events: [] }),
    };
    const listener = { batch: () => undefined, reset: () => undefined };
    const options = {
      tenantId: team.tenantId,
      reader: reader as LogReader,
      log: silentLog,
      listener,
      rings: new RingShelf(),
    };
    const tailer = await Tailer.start(options);
    expect(tailer?.isLevel(2000)).toBe(true);
    vi.advanceTimersByTime(2001);
    expect(tailer?.isLevel(2000)).toBe(false);
    tailer?.onHead(head, performance.now() - 500);
    expect([tailer?.isLevel(2000), tailer?.isLevel(400)]).toEqual([true, false]);
  });

  test('that is overtaken by hints while it reads on takes that for no gap', async () => {
    const log = Array.from({ length: 1200 }, (_, index) => ({ seq: index + 1 }) as LogEvent);
    let head = 0;
    let overtake: (() => void) | null = null;
    const reader: Partial<LogReader> = {
      heads: () => Promise.resolve([{ tenantId: team.tenantId, epoch: 'e', head }]),
      knownRange: () => Promise.resolve({ epoch: 'e', head, events: [] }),
      range: ({ from, limit }) => {
        overtake?.();
        overtake = null;
        return Promise.resolve({ epoch: 'e', head, events: log.slice(from, Math.min(head, from + limit)) });
      },
    };
    const seen: number[] = [];
    const resets: string[] = [];
    const listener = {
      batch: (events: readonly LogEvent[]) => void seen.push(...events.map(({ seq }) => seq)),
      reset: (reason: string) => void resets.push(reason),
    };
    const options = {
      tenantId: team.tenantId,
      reader: reader as LogReader,
      log: silentLog,
      listener,
      rings: new RingShelf(),
    };
    const tailer = await Tailer.start(options);
    head = log.length;
    // More than a page, while the page before it is on its way.
    overtake = () => {
      tailer?.onHint({ epoch: 'e', from: 0, to: 600 }, () => log.slice(0, 600).map(measured));
    };
    await tailer?.reach(head);
    expect(resets).toEqual([]);
    expect(seen).toEqual(log.map(({ seq }) => seq));
  });
});
