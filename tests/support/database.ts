/** A migrated database per suite, cloned from a template that the run's first suite creates. */
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';
import { createDatabase } from '../../src/platform/postgres.ts';
import type { Database, DatabaseOptions } from '../../src/platform/postgres.ts';
import { testDatabaseUrl } from './environment.ts';
import { silentLog } from './log.ts';

const MIGRATIONS = fileURLToPath(new URL('../../sql/migrations', import.meta.url));
/** Making and removing databases takes a busy machine long. */
const ADMIN = { deadlineMs: 60_000 };

/** A database for one suite. */
export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Another Database on the same data, closed together with the first. */
  open(options?: Partial<DatabaseOptions>): Database;
  /** Closes everything opened here and drops the database. */
  drop(): Promise<void>;
}

function urlOf(name: string): string {
  const url = new URL(testDatabaseUrl());
  url.pathname = `/${name}`;
  return url.toString();
}

async function withAdmin<T>(work: (admin: Database) => Promise<T>): Promise<T> {
  const admin = createDatabase({
    url: testDatabaseUrl(),
    log: silentLog,
    applicationName: 'test-admin',
    statementPool: 1,
    transactionPool: 1,
  });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function exists(admin: Database, name: string): Promise<boolean> {
  const rows = await admin.run('test.exists', (sql) => sql`select 1 from pg_database where datname = ${name}`);
  return rows.length > 0;
}

async function createTemplate(admin: Database, name: string): Promise<void> {
  if (await exists(admin, name)) return;
  const building = `${name}_building`;
  await admin.run('test.drop', (sql) => sql`drop database if exists ${sql(building)}`, ADMIN);
  await admin.run('test.create', (sql) => sql`create database ${sql(building)}`, ADMIN);
  await migrate({ url: urlOf(building), directory: MIGRATIONS, log: silentLog });
  await admin.run('test.rename', (sql) => sql`alter database ${sql(building)} rename to ${sql(name)}`, ADMIN);
}

/** Suites run in several processes: one creates the template, the others wait for it. */
async function ensureTemplate(admin: Database): Promise<string> {
  const checksums = (await readMigrations(MIGRATIONS)).map((migration) => migration.checksum);
  const name = `template_${createHash('sha256').update(checksums.join()).digest('hex').slice(0, 16)}`;
  if (await exists(admin, name)) return name;
  await admin.transaction(
    'test.template',
    async (tx) => {
      await tx`select set_config('idle_in_transaction_session_timeout', '0', true), set_config('lock_timeout', '0', true)`;
      await tx`select pg_advisory_xact_lock(4841127002)`;
      await createTemplate(admin, name);
    },
    ADMIN,
  );
  return name;
}

/** A fresh database, empty unless `migrated` (the default). */
export async function createTestDatabase(options: { readonly migrated?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withAdmin(async (admin) => {
    const template = options.migrated === false ? 'template0' : await ensureTemplate(admin);
    await admin.run(
      'test.clone',
      (sql) => sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`,
      ADMIN,
    );
  });
  const opened: Database[] = [];
  const open = (extra: Partial<DatabaseOptions> = {}): Database => {
    const database = createDatabase({ url: urlOf(name), log: silentLog, applicationName: 'test', ...extra });
    opened.push(database);
    return database;
  };
  return {
    url: urlOf(name),
    database: open(),
    open,
    drop: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await withAdmin((admin) =>
        admin.run('test.drop', (sql) => sql`drop database if exists ${sql(name)} with (force)`, ADMIN),
      );
    },
  };
}

/**
 * A database for a negative control: `edit` rewrites the text of the SQL function `name`. Throws if it changes nothing,
 * because the function's text has changed since.
 */
export async function createBrokenDatabase(name: string, edit: (text: string) => string): Promise<TestDatabase> {
  const broken = await createTestDatabase();
  await broken.database.transaction('test.break', async (tx) => {
    const [row] = await tx<{ text: string }[]>`select pg_get_functiondef(${name}::regproc) as text`;
    const text = row?.text ?? '';
    const edited = edit(text);
    if (edited === text) throw new Error(`${name} has nothing of what is to be broken.`);
    await tx`select set_config('test.edited', ${edited}, true)`;
    await tx`do $do$ begin execute current_setting('test.edited'); end $do$`;
  });
  return broken;
}
