/** A Postgres with a streaming standby, which can lag, freeze, die and become a primary. */
import { chownSync, cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Engine } from '../../scripts/bootstrap/engine.mjs';
import { startPostgres } from '../../scripts/bootstrap/postgres.mjs';
import { engineAccount } from '../../scripts/bootstrap/unprivileged.mjs';
import { migrate } from '../../src/platform/migrate.ts';
import { metrics } from '../../src/platform/metrics.ts';
import { createDatabase, type Database, type DatabaseOptions } from '../../src/platform/postgres.ts';
import { createReplica, type Replica, type ReplicaOptions } from '../../src/platform/postgres-replica.ts';
import type { TestDatabase } from './database.ts';
import { testRunDir } from './environment.ts';
import { silentLog } from './log.ts';
import { ownPort } from './port.ts';
import { waitFor } from './wait.ts';

const MIGRATIONS = fileURLToPath(new URL('../../sql/migrations', import.meta.url));
const PATIENCE_MS = 10_000;
/** A read may delay replay for this long, and no longer. */
const CONFLICT = { max_standby_streaming_delay: '1s' };

/** `database` and `url` are the primary's. */
export interface TestStandby extends TestDatabase {
  readonly standbyUrl: string;
  /** Reads on the standby; closed with the rest. By default as patient as a busy machine requires. */
  reads(options?: Partial<ReplicaOptions>): Replica;
  /** Resolves when the standby has everything committed so far. */
  caughtUp(): Promise<void>;
  /** Stops replay: it keeps serving what it has, until `resume`. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stops all its processes: new connections are accepted and never get an answer. */
  freeze(): Promise<void>;
  thaw(): void;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Makes it a primary of its own. */
  promote(): Promise<void>;
}

/** Migrated, and caught up. */
export async function startTestStandby(): Promise<TestStandby> {
  const dir = await mkdtemp(join(testRunDir(), 'standby-'));
  await chmod(dir, 0o755);
  const primary = await startPostgres({ dir: join(dir, 'primary'), port: await ownPort(), fast: true });
  await migrate({ url: primary.url, directory: MIGRATIONS, log: silentLog });
  const opened: { close(): Promise<void> }[] = [];
  const open = (options: Partial<DatabaseOptions> = {}): Database => {
    const database = createDatabase({ url: primary.url, log: silentLog, applicationName: 'test', ...options });
    opened.push(database);
    return database;
  };
  const database = open();
  await copyCluster(database, join(dir, 'primary', 'cluster'), join(dir, 'standby', 'cluster'));
  const standby = await startPostgres({
    dir: join(dir, 'standby'),
    port: await ownPort(),
    fast: true,
    settings: { primary_conninfo: conninfo(primary), ...CONFLICT },
  });
  const admin = open({ url: standby.url, statementPool: 1 });
  let frozen: number[] = [];
  return {
    ...{ url: primary.url, standbyUrl: standby.url, database, open },
    reads: (options = {}) => {
      const usual = { url: standby.url, log: silentLog, metrics, applicationName: 'test', poolSize: 4 };
      const replica = createReplica({ ...usual, patienceMs: PATIENCE_MS, ...options });
      opened.push(replica);
      return replica;
    },
    caughtUp: () => hasCaughtUp(database, admin),
    pause: async () => {
      await hasCaughtUp(database, admin);
      // Its own statements may conflict with replay: then they are repeated.
      await waitFor(() => admin.run('test.pause', (sql) => sql`select pg_wal_replay_pause()`));
      await waitFor(async () => (await stateOf(admin)) === 'paused', { what: 'the standby to pause' });
    },
    resume: async () => {
      await waitFor(() => admin.run('test.resume', (sql) => sql`select pg_wal_replay_resume()`));
      await hasCaughtUp(database, admin);
    },
    freeze: async () => {
      frozen = [standby.pid, ...(await processesOf(admin))];
      signal(frozen, 'SIGSTOP');
    },
    thaw: () => {
      signal(frozen.splice(0), 'SIGCONT');
    },
    kill: async () => {
      await standby.stop('SIGQUIT');
    },
    restart: () => standby.restart(),
    promote: async () => {
      await admin.run('test.promote', (sql) => sql`select pg_promote()`, { deadlineMs: 60_000 });
    },
    drop: async () => {
      signal(frozen, 'SIGCONT');
      await Promise.all(opened.map((one) => one.close()));
      await standby.stop('SIGQUIT');
      await primary.stop('SIGQUIT');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function conninfo({ port }: Engine): string {
  return `host=127.0.0.1 port=${String(port)} user=hunfly`;
}

/** A base backup without its program, which the embedded engine lacks: the log is streamed afterwards. */
async function copyCluster(primary: Database, from: string, to: string): Promise<void> {
  mkdirSync(join(to, '..'), { mode: 0o755 });
  const copy = async (): Promise<void> => {
    // A file that disappears meanwhile needs no copy: the log has its content.
    await waitFor(() => {
      cpSync(from, to, { recursive: true, filter: (path) => !isOfTheProcess(basename(path)) });
      return true;
    });
    await chmod(to, 0o700);
  };
  const label = await primary.transaction(
    'test.backup',
    async (tx) => {
      await tx`select set_config('idle_in_transaction_session_timeout', '0', true)`;
      await tx`select pg_backup_start('standby', true)`;
      await copy();
      const [row] = await tx<{ label: string }[]>`select labelfile as label from pg_backup_stop(false)`;
      return row?.label ?? '';
    },
    { deadlineMs: 60_000 },
  );
  writeFileSync(join(to, 'backup_label'), label);
  writeFileSync(join(to, 'standby.signal'), '');
  const account = engineAccount();
  if (account === null) return;
  for (const path of [to, ...readdirSync(to, { recursive: true, encoding: 'utf8' }).map((name) => join(to, name))]) {
    chownSync(path, account.uid, account.gid);
  }
}

/** Files of the running primary only, which may rewrite them at any moment. */
function isOfTheProcess(name: string): boolean {
  return name.startsWith('postmaster.') || name.startsWith('pg_internal.init') || name.startsWith('pgsql_tmp');
}

async function hasCaughtUp(primary: Database, standby: Database): Promise<void> {
  const [now] = await primary.run(
    'test.lsn',
    (sql) => sql<{ lsn: string }[]>`select pg_current_wal_lsn()::text as lsn`,
  );
  await waitFor(
    async () => {
      const [row] = await standby.run(
        'test.replayed',
        (sql) => sql<{ is: boolean }[]>`select pg_last_wal_replay_lsn() >= ${now?.lsn ?? ''}::pg_lsn as is`,
      );
      return row?.is;
    },
    { deadlineMs: 30_000, what: 'the standby to catch up' },
  );
}

async function stateOf(standby: Database): Promise<string | undefined> {
  const [row] = await standby.run(
    'test.state',
    (sql) => sql<{ state: string }[]>`select pg_get_wal_replay_pause_state() as state`,
  );
  return row?.state;
}

async function processesOf(standby: Database): Promise<number[]> {
  const rows = await standby.run('test.processes', (sql) => sql<{ pid: number }[]>`select pid from pg_stat_activity`);
  return rows.map(({ pid }) => pid);
}

/** A process that has ended meanwhile needs no signal. */
function signal(pids: readonly number[], which: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, which);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
