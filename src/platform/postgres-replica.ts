/**
 * Reads on a replica of Postgres, which may lag behind the primary: each read brings its own check that the replica is
 * far enough. Correctness does not depend on the replica. Whatever it cannot serve, for any reason, is read on the
 * primary instead.
 */
import { pause } from '../lib/backoff.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import {
  openPool,
  poolReporter,
  TENANT_ROLE,
  type ConnectionOptions,
  type PoolMetrics,
} from './postgres-connection.ts';
import { classifyDatabaseError, databaseErrorCode } from './postgres-errors.ts';
import { inTransaction, type Call, type TransactionWork } from './postgres-transaction.ts';

/** How far a server is compared with what a reader needs. `primary`: it is not a replica at all. */
export type Standing = 'level' | 'behind' | 'primary';

/** `standing` is one short query in the same snapshot in which `work` then reads. */
export interface ReplicaRead<T> {
  readonly standing: TransactionWork<Standing>;
  readonly work: TransactionWork<T>;
}

/** Reads as one tenant, with row-level security. */
export interface Replica {
  /**
   * One repeatable-read transaction. `plan` is called only if the replica is going to be asked. Null: read on the
   * primary. Rejects only as `plan` does.
   */
  read<T>(tenantId: string, name: string, plan: () => Promise<ReplicaRead<T>>): Promise<{ readonly value: T } | null>;
  /** Lets running reads finish for 5 s, then cuts the connections. */
  close(): Promise<void>;
}

/** `poolSize` bounds the connections, of which a tenant has half at most. */
export interface ReplicaOptions extends ConnectionOptions {
  readonly log: Logger;
  readonly metrics: PoolMetrics & Pick<Metrics, 'dbReplicaReads'>;
  readonly poolSize: number;
  /** For a connection, and again for the first answer on it. Default 400 ms, which a user hardly notices. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 400;
/** A longer read would leave the primary too little of the command's 8 s. */
const READ_MS = 3000;
/** How long to wait once for a replica that is slightly behind, ms. */
const CATCH_UP_MS = 25;

/** Where a read was served, or why not there; the label of the metric. */
type Result = 'served' | 'behind' | 'cut' | 'busy' | 'slow' | 'failed' | 'away' | 'primary' | 'resting';

type Outcome<T> =
  | { readonly result: 'served'; readonly value: T }
  | { readonly result: Exclude<Result, 'served'>; readonly error?: unknown };

/** Opens nothing until the first read. One per process. */
export function createReplica(options: ReplicaOptions): Replica {
  const { log, metrics, patienceMs = PATIENCE_MS } = options;
  const pool = openPool(options, options.poolSize, { role: TENANT_ROLE });
  const report = poolReporter(metrics, [pool]);
  const rests = new Rests(log);

  const once = async <T>(tenantId: string, name: string, read: ReplicaRead<T>): Promise<Outcome<T>> => {
    const turn = new Turn();
    const call: Call<Outcome<T>> = {
      name,
      shown: { setting: 'app.tenant_id', value: tenantId },
      options: { isolation: 'repeatable read', readOnly: true, deadlineMs: READ_MS },
      work: async (tx) => {
        const result = await withDeadline(read.standing(tx), patienceMs, name);
        turn.heard = true;
        return result === 'level' ? { result: 'served', value: await read.work(tx) } : { result };
      },
    };
    const wanted = { what: name, owner: tenantId, deadlineMs: READ_MS };
    const reading = pool.use(wanted, (connection, passOn) => {
      turn.begin();
      return inTransaction(connection, call, passOn);
    });
    try {
      await withDeadline(Promise.race([turn.begun, reading]), patienceMs, name);
      return await reading;
    } catch (error) {
      turn.giveUp();
      // The read may still go on for a while; it is reported when it ends.
      reading.then(report, report);
      return { result: whatFailed(error, turn), error };
    }
  };

  const attempt = async <T>(tenantId: string, name: string, read: ReplicaRead<T>): Promise<Outcome<T>> => {
    const outcome = await once(tenantId, name, read);
    if (outcome.result !== 'behind') return outcome;
    await pause(CATCH_UP_MS);
    return await once(tenantId, name, read);
  };

  return {
    read: async (tenantId, name, plan) => {
      const startedMs = performance.now();
      if (!rests.admits(tenantId, startedMs)) {
        metrics.dbReplicaReads.inc({ result: 'resting' });
        return null;
      }
      const outcome = await attempt(tenantId, name, await plan());
      const { result } = outcome;
      metrics.dbReplicaReads.inc({ result });
      metrics.dbQueryDuration.observe({ query: `${name}.replica` }, (performance.now() - startedMs) / 1000);
      report();
      if (result === 'served') {
        rests.served(tenantId);
        return { value: outcome.value };
      }
      rests.missed(tenantId, { ...outcome, startedMs });
      return null;
    },
    close: () => pool.close(),
  };
}

/** How far one try has come. A try that was given up before it had a connection does nothing with the one it gets. */
class Turn {
  readonly begun: Promise<void>;
  heard = false;
  hasBegun = false;
  #isGivenUp = false;
  #begin: () => void = () => undefined;

  constructor() {
    this.begun = new Promise((resolve) => {
      this.#begin = resolve;
    });
  }

  begin(): void {
    if (this.#isGivenUp) throw new Error('The read has gone elsewhere.');
    this.hasBegun = true;
    this.#begin();
  }

  giveUp(): void {
    this.#isGivenUp = true;
  }
}

/**
 * Why a try failed. When a read conflicts with replay, Postgres cancels a running statement and otherwise ends the
 * connection. The latter looks as if the server had died; the next read shows which it was.
 */
function whatFailed(error: unknown, { hasBegun, heard }: Turn): Exclude<Result, 'served'> {
  const code = databaseErrorCode(error);
  const kind = classifyDatabaseError(error);
  if (kind === 'retry') return 'cut';
  if (!hasBegun) return 'busy';
  if (code === '57014' || (heard && code === 'DEADLINE')) return 'slow';
  if (kind !== 'infrastructure') return 'failed';
  return heard ? 'cut' : 'away';
}

/**
 * How long nobody asks a replica that does not serve. Then one read tries it; the others follow if that one was served.
 */
const REST_MS = 5000;
/** This many misses in a row mean that something is wrong, for reasons that say little about the next read. */
const MISSED_IN_A_ROW = 5;
const AT_ONCE: ReadonlySet<Result> = new Set(['away', 'primary']);
/**
 * Results that concern one business only: its log is ahead of the replica, or its share of the connections is in use.
 */
const OF_ONE: ReadonlySet<Result> = new Set(['behind', 'busy']);

/** Keeps readers from waiting for a replica that serves nobody, or does not serve them, and keeps the log short. */
class Rests {
  readonly #log: Logger;
  readonly #ofAll = new Rest();
  /** Businesses whose last read was not served; at most as many as there are businesses. */
  readonly #ofOne = new Map<string, Rest>();

  constructor(log: Logger) {
    this.#log = log;
  }

  admits(tenantId: string, nowMs: number): boolean {
    return (this.#ofOne.get(tenantId)?.admits(nowMs) ?? true) && this.#ofAll.admits(nowMs);
  }

  served(tenantId: string): void {
    this.#ofOne.delete(tenantId);
    if (this.#ofAll.end()) this.#log.info({}, 'Reads go to the replica again.');
  }

  missed(tenantId: string, { result, error, startedMs }: Missed): void {
    if (OF_ONE.has(result)) {
      const rest = this.#ofOne.get(tenantId) ?? new Rest();
      this.#ofOne.set(tenantId, rest);
      rest.missed(result, startedMs);
      this.#ofAll.leaveToNext(startedMs);
    } else if (this.#ofAll.missed(result, startedMs)) {
      this.#log.warn({ err: error, result }, 'Reads go to the primary: the replica does not serve them.');
    }
  }
}

interface Missed {
  readonly result: Result;
  readonly error?: unknown;
  readonly startedMs: number;
}

/** A pause of all readers, or of those of one business. */
class Rest {
  #missed = 0;
  #untilMs = 0;
  #isOn = false;

  admits(nowMs: number): boolean {
    if (!this.#isOn) return true;
    if (nowMs < this.#untilMs) return false;
    this.#untilMs = nowMs + REST_MS;
    return true;
  }

  /** True if the pause begins with this miss. */
  missed(result: Result, startedMs: number): boolean {
    this.#missed += 1;
    if (this.#isOn || (!AT_ONCE.has(result) && this.#missed < MISSED_IN_A_ROW)) return false;
    this.#isOn = true;
    this.#untilMs = startedMs + REST_MS;
    return true;
  }

  /**
   * If this was the read that tried the replica, it could not find out whether the pause is over: the next read tries.
   */
  leaveToNext(startedMs: number): void {
    if (this.#untilMs === startedMs + REST_MS) this.#untilMs = 0;
  }

  /** True if there was a pause. */
  end(): boolean {
    const wasOn = this.#isOn;
    this.#missed = 0;
    this.#isOn = false;
    return wasOn;
  }
}
