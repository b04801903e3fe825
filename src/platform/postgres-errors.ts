/** What a failed database call means for the one who made it. */
import { DeadlineError } from '../lib/deadline.ts';
import { DatabaseBusyError } from './postgres-pool.ts';

/**
 * infrastructure: the database, not the input; wait and repeat. data: this input can never work. conflict: a unique key
 * exists. retry: repeat the whole transaction at once.
 */
export type DatabaseErrorClass = 'infrastructure' | 'data' | 'conflict' | 'retry';

const RETRY = new Set(['40001', '40P01']);
/** 25P0x: the transaction died under us; 25006: connected to a replica after a failover; 57: killed, shut down, timed out. */
const INFRASTRUCTURE_SQLSTATES = /^(08|28|53|55|57|58|XX|25P0|25006|3D000|40)/;
const INFRASTRUCTURE_CODES = /^(CONNECTION_|CONNECT_|E[A-Z_]{3,}|DEADLINE$|DATABASE_BUSY$|UNSAFE_TRANSACTION$)/;

/** The SQLSTATE or driver code of an error, or '' where it has none. */
export function databaseErrorCode(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** A lock was not had within lock_timeout: the transaction is rolled back, and the connection is as good as before. */
export function isLockTimeout(error: unknown): boolean {
  return databaseErrorCode(error) === '55P03';
}

/** Classifies anything a Database call rejected with; what is not recognisably the database's fault is `data`. */
export function classifyDatabaseError(error: unknown): DatabaseErrorClass {
  if (error instanceof DeadlineError || error instanceof DatabaseBusyError) return 'infrastructure';
  const code = databaseErrorCode(error);
  if (RETRY.has(code) || isPartitionMoved(code, error)) return 'retry';
  if (code === '23505') return 'conflict';
  if (/^[0-9A-Z]{5}$/.test(code) && /^[0-9XPF]/.test(code)) {
    return INFRASTRUCTURE_SQLSTATES.test(code) ? 'infrastructure' : 'data';
  }
  return INFRASTRUCTURE_CODES.test(code) ? 'infrastructure' : 'data';
}

/**
 * A row was on its way to a partition, mostly the default one, whose bounds changed while it waited for the lock: it
 * belongs elsewhere now. Only a partition's bounds are checked without a constraint's name.
 */
function isPartitionMoved(code: string, error: unknown): boolean {
  return code === '23514' && (error as { constraint_name?: unknown }).constraint_name === undefined;
}
