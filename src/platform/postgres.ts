/** The only way to Postgres: bounded pools by purpose, a deadline on every call, named statements in the metrics. */
import postgres from 'postgres';
import { backoffMs, pause } from '../lib/backoff.ts';
import type { Logger } from './log.ts';
import {
  openPool,
  poolReporter,
  ROUND_ROLE,
  TENANT_ROLE,
  type ConnectionOptions,
  type Pool,
} from './postgres-connection.ts';
import type { PoolMetrics } from './postgres-connection.ts';
import { classifyDatabaseError, databaseErrorCode, isLockTimeout } from './postgres-errors.ts';
import {
  inTransaction,
  type Call,
  type TransactionConnection,
  type TransactionOptions,
  type TransactionWork,
} from './postgres-transaction.ts';

export { classifyDatabaseError, databaseErrorCode, isLockTimeout } from './postgres-errors.ts';
export { DatabaseBusyError } from './postgres-pool.ts';
export { asJson } from './postgres-types.ts';
export type { Statement, TransactionOptions, TransactionWork, Tx } from './postgres-transaction.ts';

/** Runs single statements: `` sql`select …` ``. */
export type Sql = postgres.Sql;
/** For a statement that runs both alone and in transactions. */
export type AnySql = postgres.ISql;

/**
 * `deadlineMs` counts from the call, waiting for a connection included; default 10 s. `beside`: runs behind what the
 * first connection is doing instead of taking one, so that no other work is pushed to a connection without plans.
 * `tenantId`: whose share of the connections it uses; default nobody's.
 */
export interface CallOptions {
  readonly deadlineMs?: number;
  readonly tenantId?: string;
  readonly beside?: boolean;
}

/**
 * `name` is the metric's label and appears in errors: a constant such as `threads.list`. All methods reject with the
 * driver's error, DatabaseBusyError (not sent) or DeadlineError (outcome unknown); see classifyDatabaseError.
 */
export interface Database {
  /** One autocommitted statement. Never several, not even one after the other. */
  run<T>(name: string, query: (sql: Sql) => PromiseLike<T>, options?: CallOptions): Promise<T>;
  /** Several statements that commit together; repeated up to 3 times after a deadlock or serialisation failure. */
  transaction<T>(name: string, work: TransactionWork<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Like `transaction`, as role hunfly_app with `app.tenant_id` set: row-level security shows this tenant only.
   * Read-only work has separate connections, so that no search holds up a send. A tenant may use half of them. A write
   * waits at most 500 ms for a lock: then it is rolled back, returns its connection and is repeated, until its deadline
   * leaves no time for another try.
   */
  asTenant<T>(tenantId: string, name: string, work: TransactionWork<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Like `asTenant` for several tenants at once, as role hunfly_round with `app.tenant_ids` set: it sees these tenants
   * only.
   */
  asTenants<T>(
    tenantIds: readonly string[],
    name: string,
    work: TransactionWork<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /** True if a statement came back in time. Never rejects. */
  ping(deadlineMs: number): Promise<boolean>;
  /** Lets running calls finish for 5 s, then cuts the connections. */
  close(): Promise<void>;
}

/** Pool sizes default to 4 connections each, opened when first needed. */
export interface DatabaseOptions extends ConnectionOptions {
  readonly log: Logger;
  readonly metrics?: PoolMetrics;
  readonly statementPool?: number;
  readonly transactionPool?: number;
  readonly tenantPool?: number;
  readonly tenantReadPool?: number;
}

const DEFAULT_DEADLINE_MS = 10_000;
const TRANSACTION_TRIES = 3;
const RETRY_BACKOFF = { baseMs: 20, capMs: 200 };
/**
 * How long a tenant's transaction keeps its connection while it waits for a lock, ms: longer than commands to one
 * thread normally delay each other.
 */
const LOCK_PATIENCE_MS = 500;
const HELD_BACKOFF = { baseMs: 100, capMs: 500 };
/** Two transactions: one that the server works on, one that this process works on. */
const ROUND_POOL = 2;

/** True if only the statement was at fault, so that the connection is as good as before. */
function leavesConnectionSound(error: unknown): boolean {
  return /^(0A|2[0-4]|40|42|P0)/.test(databaseErrorCode(error)) && error instanceof postgres.PostgresError;
}

async function single<T>(connection: TransactionConnection, query: (sql: Sql) => PromiseLike<T>): Promise<T> {
  try {
    return await query(connection.sql);
  } catch (error) {
    if (!leavesConnectionSound(error)) connection.destroy();
    throw error;
  }
}

/** Opens nothing until the first call. One per process. */
export function createDatabase(options: DatabaseOptions): Database {
  const statements = openPool(options, options.statementPool);
  const transactions = openPool(options, options.transactionPool);
  const tenants = openPool(options, options.tenantPool, { role: TENANT_ROLE, lock_timeout: String(LOCK_PATIENCE_MS) });
  const tenantReads = openPool(options, options.tenantReadPool, { role: TENANT_ROLE });
  const rounds = openPool(options, ROUND_POOL, { role: ROUND_ROLE });
  const pools = [statements, transactions, tenants, tenantReads, rounds];
  const report = poolReporter(options.metrics, pools);

  const observe = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    try {
      return await call();
    } finally {
      options.metrics?.dbQueryDuration.observe({ query: name }, (performance.now() - startedMs) / 1000);
      report();
    }
  };
  const transact = <T>(from: Pool, call: Call<T>): Promise<T> => observe(call.name, () => repeatWhileHeld(from, call));

  return {
    run: (name, query, { deadlineMs = DEFAULT_DEADLINE_MS, tenantId: owner = null, beside = false } = {}) => {
      const wanted = { what: name, deadlineMs, owner };
      return observe(name, () =>
        statements[beside ? 'beside' : 'use'](wanted, (connection) => single(connection, query)),
      );
    },
    transaction: (name, work, options = {}) => transact(transactions, { name, shown: null, work, options }),
    asTenant: (tenantId, name, work, options = {}) =>
      transact(options.readOnly === true ? tenantReads : tenants, {
        name,
        shown: { setting: 'app.tenant_id', value: tenantId },
        work,
        options,
      }),
    asTenants: (tenantIds, name, work, options = {}) =>
      transact(rounds, { name, shown: { setting: 'app.tenant_ids', value: tenantIds.join(',') }, work, options }),
    ping: async (deadlineMs) => {
      try {
        await statements.use({ what: 'ping', deadlineMs, owner: null }, (connection) =>
          single(connection, (sql) => sql`select 1`),
        );
        return true;
      } catch (error) {
        options.log.warn({ err: error }, 'Postgres did not answer the ping.');
        return false;
      }
    },
    close: async () => {
      await Promise.all(pools.map((each) => each.close()));
    },
  };
}

/** The tenant whose share the transaction uses; transactions of several tenants, or of all, have none. */
function ownerOf({ shown }: Call<unknown>): string | null {
  return shown?.setting === 'app.tenant_id' ? shown.value : null;
}

/**
 * The deadline covers all tries together. Without an owner the transaction keeps its connection while it waits for a
 * lock.
 */
async function repeatWhileHeld<T>(from: Pool, call: Call<T>): Promise<T> {
  const endMs = performance.now() + (call.options.deadlineMs ?? DEFAULT_DEADLINE_MS);
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await repeatOnConflict(from, call, endMs);
    } catch (error) {
      const pauseMs = backoffMs(attempt, HELD_BACKOFF);
      // Doubled, because a caller who misses the deadline loses the connection.
      const isTime = performance.now() + pauseMs + 2 * LOCK_PATIENCE_MS < endMs;
      if (!isLockTimeout(error) || ownerOf(call) === null || !isTime) throw error;
      await pause(pauseMs);
    }
  }
}

async function repeatOnConflict<T>(from: Pool, call: Call<T>, endMs: number): Promise<T> {
  const { name } = call;
  const owner = ownerOf(call);
  for (let attempt = 0; ; attempt += 1) {
    const wanted = { what: name, owner, deadlineMs: Math.max(1, endMs - performance.now()) };
    try {
      return await from.use(wanted, (connection, passOn) => inTransaction(connection, call, passOn));
    } catch (error) {
      if (classifyDatabaseError(error) !== 'retry' || attempt + 1 >= TRANSACTION_TRIES) throw error;
      await pause(backoffMs(attempt, RETRY_BACKOFF));
    }
  }
}
