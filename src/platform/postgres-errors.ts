/** What a failed database call means for its caller. */
import { DeadlineError } from '../lib/deadline.ts';
import { DatabaseBusyError } from './postgres-pool.ts';

/**
 * infrastructure: the fault is the database's, not the input's; wait and repeat. data: this input can never work.
 * conflict: a unique key exists. retry: repeat the whole transaction at once.
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

/** True if lock_timeout expired: the transaction is rolled back, and the connection is as good as before. */
export function isLockTimeout(error: unknown): boolean {
  return databaseErrorCode(error) === '55P03';
}

/** Classifies anything a Database call rejects with. Whatever is not clearly the database's fault is `data`. */
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
 * True if a row was being inserted into a partition, usually the default one, whose bounds changed while it waited for
 * the lock, so that it now belongs elsewhere. Only checks of partition bounds have no constraint name.
 */
function isPartitionMoved(code: string, error: unknown): boolean {
  return code === '23514' && (error as { constraint_name?: unknown }).constraint_name === undefined;
}
