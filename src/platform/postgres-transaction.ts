/** One transaction on one connection: begin, work, commit, with as few round trips as possible. */
import type postgres from 'postgres';
import { classifyDatabaseError, isLockTimeout } from './postgres-errors.ts';
import type { PassOn, PoolConnection } from './postgres-pool.ts';

/** A statement that has been built but not sent. */
export interface Statement<T = unknown> {
  execute(): PromiseLike<T>;
}

/** Runs the statements of one transaction; refuses once the transaction is over. */
export interface Tx extends postgres.ISql {
  readonly inTransaction: true;
  /**
   * Sends the transaction's last statements in this order and, without waiting for their answers, the commit. Resolves
   * with the answer of the last one, after the commit; rejects with the first failure, and then nothing was committed.
   */
  finish<T>(statements: readonly Statement[], last: Statement<T>): Promise<T>;
}

/** `isolation` default read committed; `deadlineMs` counts from the call, waiting for a connection included. */
export interface TransactionOptions {
  readonly deadlineMs?: number;
  readonly isolation?: 'read committed' | 'repeatable read';
  readonly readOnly?: boolean;
}

/** The work of one transaction: it may be run again from its start, so it has no effects outside the transaction. */
export type TransactionWork<T> = (tx: Tx) => Promise<T>;

/** Whose rows row-level security shows: those of one tenant, or of several, joined by commas. */
export interface Shown {
  readonly setting: 'app.tenant_id' | 'app.tenant_ids';
  readonly value: string;
}

/** A transaction to run; `name` appears in errors. `shown`: null for a role that may see all rows. */
export interface Call<T> {
  readonly name: string;
  readonly shown: Shown | null;
  readonly work: TransactionWork<T>;
  readonly options: TransactionOptions;
}

/** A connection that serves this transaction alone. */
export interface TransactionConnection extends PoolConnection {
  readonly sql: postgres.Sql;
}

interface Running {
  readonly sql: postgres.Sql;
  readonly name: string;
  readonly passOn: PassOn;
  over: boolean;
  /** Set once the commit is on its way. */
  committed: Promise<void> | null;
}

/**
 * Commits, or rolls back and rejects. A connection in doubt is destroyed. The connection is handed on when the commit
 * is sent: the next transaction begins behind it in the same message, so its first wait is also the wait for this
 * commit.
 */
export async function inTransaction<T>(connection: TransactionConnection, call: Call<T>, passOn: PassOn): Promise<T> {
  const running: Running = { sql: connection.sql, name: call.name, passOn, over: false, committed: null };
  try {
    const begun = begin(running, call);
    // Without row-level security nothing would stop a statement behind a failed begin from committing by itself.
    if (call.shown === null) await begun;
    const [value] = await Promise.all([call.work(transactionSql(running)), begun]);
    await (running.committed ?? commit(running));
    return value;
  } catch (error) {
    running.over = true;
    // The next transaction, sent behind this one on a lost connection, may never be answered.
    if (classifyDatabaseError(error) === 'infrastructure' && !isLockTimeout(error)) connection.destroy();
    if (running.committed === null) await rollback(connection);
    else await running.committed.catch(() => undefined);
    throw error;
  }
}

/** Sent at once: begin, then the settings that hold for the transaction. No locks. */
async function begin({ sql }: Running, call: Call<unknown>): Promise<void> {
  const statements = [beginStatement(sql, call.options), ...settings(sql, call)];
  await Promise.all(statements.map((statement) => statement.execute()));
}

function settings(sql: postgres.Sql, { shown, options: { deadlineMs } }: Call<unknown>): Statement[] {
  const timeout = deadlineMs === undefined ? null : String(Math.ceil(deadlineMs));
  if (shown !== null) {
    return [
      sql`select set_config(${shown.setting}, ${shown.value}, true),
        set_config('statement_timeout', coalesce(${timeout}, current_setting('statement_timeout')), true)`,
    ];
  }
  return timeout === null ? [] : [sql`select set_config('statement_timeout', ${timeout}, true)`];
}

function beginStatement(sql: postgres.Sql, { isolation, readOnly }: TransactionOptions): Statement {
  if (isolation === 'repeatable read') {
    return readOnly === true
      ? sql`begin isolation level repeatable read read only`
      : sql`begin isolation level repeatable read`;
  }
  return readOnly === true ? sql`begin isolation level read committed read only` : sql`begin`;
}

/**
 * The connection's sql, usable until the transaction is over: a statement forgotten in the background would join the
 * next one.
 */
function transactionSql(running: Running): Tx {
  const query = running.sql as unknown as (...parts: unknown[]) => unknown;
  const guarded = (...parts: unknown[]): unknown => {
    if (running.over) throw new Error('This transaction is over; await every statement inside it.');
    return query(...parts);
  };
  const finish = async <T>(statements: readonly Statement[], last: Statement<T>): Promise<T> => {
    const sent = statements.map((statement) => statement.execute());
    const answer = last.execute();
    const [value] = await Promise.all([answer, ...sent, commit(running)]);
    return value;
  };
  return Object.assign(guarded, running.sql, { inTransaction: true, finish }) as unknown as Tx;
}

/** Sends the commit. Nothing may be sent after it, because the connection may belong to another caller from here on. */
function commit(running: Running): Promise<void> {
  running.over = true;
  running.committed = committed(running.name, running.sql`commit`.execute());
  running.passOn();
  return running.committed;
}

async function committed(name: string, sent: PromiseLike<{ readonly command: string }>): Promise<void> {
  const { command } = await sent;
  // A transaction in which a statement failed is rolled back by `commit` without an error.
  if (command !== 'COMMIT') throw new Error(`${name}: rolled back, because a statement in it had failed.`);
}

async function rollback(connection: TransactionConnection): Promise<void> {
  if (!connection.usable) return;
  try {
    await connection.sql`rollback`;
  } catch {
    // The server rolls back when the connection is gone.
    connection.destroy();
  }
}
