/** Applies sql/migrations in order, once, even if several processes try at the same time. Forward only. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs, pause } from '../lib/backoff.ts';
import type { Logger } from './log.ts';
import { createDatabase, isLockTimeout } from './postgres.ts';
import type { Database, Tx } from './postgres.ts';

/** One file `NNNN_name.sql`; `version` is NNNN as a number. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly path: string;
}

/** The migrations and the database disagree; the message says which file and what to do. */
export class MigrationError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MigrationError';
  }
}

const FILE = /^([0-9]{4})_[a-z0-9_]+\.sql$/;
/** Any constant will do; the same in every process of every version. */
const LOCK_KEY = 4_841_127_001;
/**
 * How long a file waits for a lock, ms. Everybody who needs that table meanwhile waits behind it. Autovacuum gives way
 * after 1 s.
 */
const LOCK_PATIENCE_MS = 2_000;
/** Pause between two tries of a file that did not get its locks. */
const HELD_BACKOFF = { baseMs: 1_000, capMs: 10_000 };

/** Reads the files in order of their numbers. Throws MigrationError for a name or number that does not fit. */
export async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort();
  const migrations = await Promise.all(files.map((file) => readMigration(directory, file)));
  migrations.forEach((migration, index) => {
    if (migration.version !== index + 1) {
      throw new MigrationError(
        `${migration.name}: expected number ${String(index + 1).padStart(4, '0')}; numbers have no gaps and no twins.`,
      );
    }
  });
  return migrations;
}

async function readMigration(directory: string, file: string): Promise<Migration> {
  const match = FILE.exec(file);
  if (match === null) throw new MigrationError(`${file}: a migration is named like 0001_what_it_does.sql.`);
  const text = await readFile(join(directory, file), 'utf8');
  const checksum = createHash('sha256').update(text, 'utf8').digest('hex');
  return { version: Number(match[1]), name: file, checksum, path: join(directory, file) };
}

interface AppliedRow {
  readonly version: number;
  readonly checksum: string;
}

/**
 * The files that the database lacks; a database of a newer release lacks none. Index: schema_migrations, read whole,
 * which is small. No locks. Rejects as Database calls do.
 */
export async function pendingMigrations(database: Database, directory: string): Promise<readonly string[]> {
  const all = await readMigrations(directory);
  const [journal] = await database.run(
    'migrate.journal',
    (sql) => sql<{ exists: boolean }[]>`select to_regclass('schema_migrations') is not null as exists`,
  );
  if (journal?.exists !== true) return all.map(({ name }) => name);
  const rows = await database.run(
    'migrate.applied',
    (sql) => sql<{ version: number }[]>`select version from schema_migrations`,
  );
  const applied = new Set(rows.map(({ version }) => version));
  return all.filter(({ version }) => !applied.has(version)).map(({ name }) => name);
}

/** Waits for concurrent callers, then creates what the migrator itself needs: its journal and the canary's table. */
async function enter(tx: Tx): Promise<void> {
  // Waiting for another migrator may take as long as its longest file; the deadline bounds it.
  await tx`select set_config('lock_timeout', '0', true)`;
  await tx`select pg_advisory_xact_lock(${LOCK_KEY})`;
  await tx`select set_config('lock_timeout', ${String(LOCK_PATIENCE_MS)}, true)`;
  await tx`create table if not exists schema_migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`;
  await tx`create table if not exists platform_canary (pool text primary key, beat text not null)`;
  await tx`grant select, insert, update, delete on platform_canary to public`;
}

/** Whole journal; small. */
async function appliedMigrations(tx: Tx): Promise<readonly AppliedRow[]> {
  return await tx<AppliedRow[]>`select version, checksum from schema_migrations order by version`;
}

function firstPending(all: readonly Migration[], applied: readonly AppliedRow[]): Migration | undefined {
  const checksums = new Map(applied.map((row) => [row.version, row.checksum]));
  for (const migration of all) {
    const checksum = checksums.get(migration.version);
    if (checksum === undefined) return migration;
    if (checksum !== migration.checksum) {
      throw new MigrationError(
        `${migration.name} was changed after it had been applied. Restore the file and put the change into a new migration.`,
      );
    }
  }
  return undefined;
}

/** Applies the first missing file and notes it in the same transaction. Returns its name, or null when none is missing. */
async function step(tx: Tx, all: readonly Migration[]): Promise<string | null> {
  await enter(tx);
  const migration = firstPending(all, await appliedMigrations(tx));
  if (migration === undefined) return null;
  try {
    await tx.file(migration.path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'no reason given';
    throw new MigrationError(`${migration.name} failed and was rolled back: ${reason}`, { cause: error });
  }
  await tx`insert into schema_migrations (version, name, checksum)
    values (${migration.version}, ${migration.name}, ${migration.checksum})`;
  return migration.name;
}

/**
 * If a file does not get its locks, it releases those it has, for the sake of whoever waits behind it, and is tried
 * again until its deadline.
 */
async function applyNext(
  database: Database,
  all: readonly Migration[],
  { log, deadlineMs }: { readonly log: Logger; readonly deadlineMs: number },
): Promise<string | null> {
  const endMs = performance.now() + deadlineMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      const remainingMs = Math.max(1, endMs - performance.now());
      return await database.transaction('migrate.step', (tx) => step(tx, all), { deadlineMs: remainingMs });
    } catch (error) {
      const pauseMs = backoffMs(attempt, HELD_BACKOFF);
      // Doubled, so that the last try ends with its lock timeout: that says more than a missed deadline.
      const isTime = performance.now() + pauseMs + 2 * LOCK_PATIENCE_MS < endMs;
      if (!isHeldUp(error) || !isTime) throw error;
      log.warn({ err: error }, 'A migration did not get its locks, and is tried again.');
      await pause(pauseMs);
    }
  }
}

function isHeldUp(error: unknown): boolean {
  return isLockTimeout(error instanceof MigrationError ? error.cause : error);
}

/**
 * Applies what is missing and returns the names of what it applied. Each file is one transaction that holds advisory
 * lock 4841127001, so that concurrent callers take turns and the later ones find nothing to do. `deadlineMs` is per
 * file, waiting included (default 10 min). Rows of a newer release in the journal are left alone: the schema only grows.
 */
export async function migrate(options: {
  readonly url: string;
  readonly directory: string;
  readonly log: Logger;
  readonly deadlineMs?: number;
}): Promise<readonly string[]> {
  const all = await readMigrations(options.directory);
  const { url, log, deadlineMs = 600_000 } = options;
  const database = createDatabase({ url, log, applicationName: 'hunfly-migrate', transactionPool: 1 });
  const done: string[] = [];
  try {
    for (;;) {
      const name = await applyNext(database, all, { log, deadlineMs });
      if (name === null) return done;
      done.push(name);
      log.info({ migration: name }, 'Migration applied.');
    }
  } finally {
    await database.close();
  }
}
