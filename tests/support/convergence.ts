/** Many clients that are cut at random and reconnect to other nodes, while several writers commit in random order. */
import type { Thread } from '../../src/contract/entities.ts';
import type { Event, EventsFrame } from '../../src/contract/events.ts';
import type { Ready } from '../../src/contract/socket.ts';
import { logChanges, type Change, type LoggedEvent } from '../../src/inbox/event-log.ts';
import type { Database, Tx } from '../../src/platform/postgres.ts';
import { io, type Socket } from 'socket.io-client';
import { moveThread, type TestTenant } from './inbox.ts';
import type { Person, TestNode } from './node.ts';
import { TestReducer } from './reducer.ts';
import { PATIENCE_MS } from './wait.ts';

/** A repeatable source of random numbers, [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One agent's browser: connects to a node, is cut, and reconnects to another with its cursor. */
export class HoppingClient {
  readonly reducer = new TestReducer();
  readonly person: Person;
  readonly #nodes: readonly TestNode[];
  readonly #random: () => number;
  #socket: Socket | null = null;
  connects = 0;

  constructor(person: Person, nodes: readonly TestNode[], random: () => number) {
    this.person = person;
    this.#nodes = nodes;
    this.#random = random;
  }

  /** Resolves when live, with the threads of a snapshot the first time. */
  async connect(): Promise<void> {
    const node = this.#nodes[Math.floor(this.#random() * this.#nodes.length)] ?? this.#nodes[0];
    const { reducer } = this;
    const first = reducer.cursor === null;
    const auth = { token: this.person.token, cursor: reducer.cursor };
    const socket = io(node?.url ?? '', { transports: ['websocket'], auth, reconnection: false, forceNew: true });
    this.#socket = socket;
    this.connects += 1;
    reducer.connected();
    const early: EventsFrame[] = [];
    socket.on('events', (frame: EventsFrame) => {
      if (this.#socket !== socket) return;
      if (reducer.cursor === null) early.push(frame);
      else reducer.frame(frame);
    });
    socket.on('resync', ({ reason }: { reason: string }) => {
      reducer.resyncs += 1;
      reducer.violations.push(`resync ${reason}`);
    });
    await new Promise<Ready>((resolve, reject) => {
      socket.once('ready', resolve);
      socket.once('connect_error', reject);
      socket.once('disconnect', resolve as never);
    });
    if (first) await this.#snapshot(socket, early);
  }

  async #snapshot(socket: Socket, early: readonly EventsFrame[]): Promise<void> {
    const answer = (await socket.timeout(PATIENCE_MS).emitWithAck('inbox:snapshot', { limit: 100 })) as {
      data: { cursor: { epoch: string; seq: number }; threads: Thread[] };
    };
    this.reducer.start(answer.data.cursor, answer.data.threads);
    for (const frame of early) this.reducer.frame(frame);
  }

  /** Cuts the connection as a network does: without a goodbye. */
  cut(): void {
    this.#socket?.io.engine.close();
    this.#socket?.disconnect();
    this.#socket = null;
  }
}

/** Deadline for a write of many steps, which on a busy machine waits for many others. */
const WRITE_MS = 120_000;

/** One writer's transaction: some threads change, some move; delays before numbering and before commit. */
export async function writeSome(
  database: Database,
  tenant: TestTenant,
  chance: { readonly threads: readonly string[]; readonly assignees: readonly (string | null)[]; random: () => number },
): Promise<LoggedEvent[]> {
  const { threads, assignees, random } = chance;
  const picked = [
    ...new Set(Array.from({ length: 16 }, () => threads[Math.floor(random() * threads.length)] ?? '')),
  ].sort();
  const pauses = [random() * 0.006, random() * 0.003];
  const targets = picked.map(() => assignees[Math.floor(random() * assignees.length)] ?? null);
  // How long a write takes on a busy machine, or waits for others, is not being tested.
  const write = async (tx: Tx): Promise<LoggedEvent[]> => {
    await tx`select set_config('lock_timeout', '0', true)`;
    const changes: Change[] = [];
    for (const [index, threadId] of picked.entries()) {
      const change = await moveThread(tx, tenant.tenantId, { threadId, to: targets[index] ?? null });
      if (change !== null) changes.push(change);
    }
    await tx`select pg_sleep(${pauses[0] ?? 0})`;
    const logged = await logChanges(tx, changes);
    await tx`select pg_sleep(${pauses[1] ?? 0})`;
    return logged;
  };
  return await database.transaction('test.write', write, { deadlineMs: WRITE_MS });
}

/** Threads as the database has them, for one client; `sees` is by assignee. */
export async function threadsInDatabase(
  database: Database,
  tenant: TestTenant,
  sees: (assigneeId: string | null) => boolean,
): Promise<Map<string, number>> {
  const rows = await database.run(
    'test.threads',
    (sql) => sql<{ id: string; version: number; assigneeId: string | null }[]>`
      select id, version, assignee_id as "assigneeId" from threads where tenant_id = ${tenant.tenantId}`,
  );
  return new Map(rows.filter((row) => sees(row.assigneeId)).map((row) => [row.id, row.version]));
}

/** Sequence numbers that a client which sees everything should have received and has not. */
export function missing(events: readonly Event[], from: number, to: number): number[] {
  const taken = new Set(events.map((event) => event.seq));
  return Array.from({ length: to - from }, (_, index) => from + 1 + index).filter((seq) => !taken.has(seq));
}
