/** A business whose agent Ana answers several customers, and helpers to see what reached Postgres, and how. */
import type { ThreadId } from '../../src/contract/ids.ts';
import type { Caller } from '../../src/inbox/command.ts';
import { sendMessage } from '../../src/inbox/messages/send-message.ts';
import type { Registry } from '../../src/inbox/registry.ts';
import type { Database, Tx } from '../../src/platform/postgres.ts';
import { holding } from './hold.ts';
import { testRegistry } from './registry.ts';
import { CAPABILITIES, createTeam, newThread, type Team } from './team.ts';
import { waitFor } from './wait.ts';

export interface Crew {
  readonly team: Team;
  readonly ana: Caller;
  readonly threads: readonly ThreadId[];
}

/** A crew with this many conversations. */
export async function crewOf(database: Database, threads: number): Promise<Crew> {
  const team = await createTeam(database);
  const ana = await team.member('agent');
  const opened: ThreadId[] = [];
  for (let n = 0; n < threads; n += 1) opened.push((await newThread(team)).threadId);
  return { team, ana, threads: opened };
}

/** The input of a send. */
export const text = (threadId: ThreadId, words: string): object => ({ threadId, kind: 'text', text: words });

/** The texts of a thread that its team sent, in order. */
export async function sentIn({ team, ana }: Crew, threadId: ThreadId): Promise<(string | null)[]> {
  const { items } = (await team.execute('thread:messages', { threadId }, ana)).data;
  return items.filter(({ direction }) => direction === 'outbound').map((message) => message.text);
}

/** The registry of a server that runs every command alone. */
export function allAlone(database: Database): Registry {
  const registry = testRegistry(database, { capabilities: CAPABILITIES });
  const send = sendMessage(CAPABILITIES);
  return {
    ...registry,
    'message:send': { name: 'message:send', access: 'write', run: (context, input) => send.run(context, input) },
  };
}

/** Records which transactions were begun, and their deadlines, ms. */
export function counting(database: Database): {
  readonly database: Database;
  readonly names: string[];
  readonly deadlinesMs: number[];
} {
  const names: string[] = [];
  const deadlinesMs: number[] = [];
  const count = (name: string, deadlineMs = Number.POSITIVE_INFINITY): void => {
    names.push(name);
    deadlinesMs.push(deadlineMs);
  };
  const counted: Database = {
    ...database,
    asTenant: (tenantId, name, work, options) => {
      count(name, options?.deadlineMs);
      return database.asTenant(tenantId, name, work, options);
    },
    asTenants: (tenantIds, name, work, options) => {
      count(name, options?.deadlineMs);
      return database.asTenants(tenantIds, name, work, options);
    },
  };
  return { database: counted, names, deadlinesMs };
}

/** Holds what `lock` locks until released; resolves once it is locked. */
async function hold(
  database: Database,
  lock: (tx: Tx) => PromiseLike<unknown>,
): Promise<{ readonly release: () => Promise<void> }> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let held: Promise<void> | undefined;
  await new Promise<void>((resolve, reject) => {
    held = holding(database, async (tx) => {
      await lock(tx);
      resolve();
      await ended;
    });
    held.catch(reject);
  });
  return {
    release: async () => {
      end();
      await held;
    },
  };
}

/** Locks the counter of a business's log: its writes wait before their commit. */
export const holdLog = (database: Database, { team: { tenantId } }: Crew): ReturnType<typeof hold> =>
  hold(database, (tx) => tx`select 1 from tenant_logs where tenant_id = ${tenantId} for no key update`);

/** Locks a conversation: rounds skip it. */
export const holdThread = (
  database: Database,
  { team: { tenantId } }: Crew,
  threadId: ThreadId,
): ReturnType<typeof hold> =>
  hold(
    database,
    (tx) => tx`select 1 from threads where tenant_id = ${tenantId} and id = ${threadId} for no key update`,
  );

/** Resolves when this many rounds wait for a lock, with the pids of the server processes that wait. */
export async function roundsHeldUp(database: Database, rounds: number): Promise<readonly number[]> {
  return await waitFor(
    async () => {
      const rows = await database.run(
        'test.held_up',
        (sql) => sql<{ pid: number }[]>`select pid from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and query like '%write_sends%'`,
      );
      return rows.length >= rounds && rows.map(({ pid }) => pid);
    },
    { what: `${String(rounds)} rounds to wait for a lock` },
  );
}
