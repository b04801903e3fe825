/** Connections to Postgres: how one is opened, what the server guards in it, and pools of them. */
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import postgres from 'postgres';
import type { Metrics } from './metrics.ts';
import { POSTGRES_TYPES } from './postgres-types.ts';
import { BoundedPool } from './postgres-pool.ts';
import type { TransactionConnection } from './postgres-transaction.ts';

const DEFAULT_POOL = 4;
const WAITING_PER_CONNECTION = 100;
const MAX_CONNECTION_AGE_MS = 30 * 60_000;

/** Row-level security shows it one tenant. */
export const TENANT_ROLE = 'hunfly_app';

/** Row-level security shows it the tenants of its round. */
export const ROUND_ROLE = 'hunfly_round';

/** Server-side guards: what this process fails to end, the server ends. Units: ms. */
const GUARDS = {
  statement_timeout: 30_000,
  lock_timeout: 8_000,
  idle_in_transaction_session_timeout: 5_000,
  client_connection_check_interval: 2_000,
  TimeZone: 'UTC',
} as const;

const INGEST_PLANNER = {
  jit: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_seqscan: 'off',
  plan_cache_mode: 'force_generic_plan',
} as const;

/** Where to connect, and the name shown in pg_stat_activity. */
export interface ConnectionOptions {
  readonly url: string;
  readonly applicationName: string;
  /** Planner settings for batch statements whose generic plan would otherwise scan or hash whole tables. */
  readonly ingest?: boolean;
}

/** Connections of one purpose. */
export type Pool = BoundedPool<TransactionConnection>;

/** The figures that calls and pools leave behind. */
export type PoolMetrics = Pick<Metrics, 'dbQueryDuration' | 'dbPoolConnections'>;

interface HostOptions {
  readonly host: readonly string[];
  readonly port: readonly number[];
  readonly path: string | false;
}

/** Allows one socket only. A second would be another session, without the transaction, and nobody would notice. */
function singleSocket(): { readonly open: (options: HostOptions) => Promise<Socket>; readonly destroy: () => void } {
  let socket: Socket | undefined;
  return {
    open: async ({ host, port, path }) => {
      if (socket !== undefined) throw Object.assign(new Error('The connection is lost.'), { code: 'CONNECTION_LOST' });
      const address = { host: host[0] ?? '127.0.0.1', port: port[0] ?? 5432 };
      socket = typeof path === 'string' ? connectSocket({ path }) : connectSocket(address);
      // The driver reads the name for TLS from here.
      return Object.assign(socket, { host: address.host });
    },
    destroy: () => socket?.destroy(),
  };
}

/** One connection of the driver: a driver pool of one that must not reconnect. */
function connect(options: ConnectionOptions, extra: Readonly<Record<string, string>>): TransactionConnection {
  const state = { usable: true };
  const single = singleSocket();
  const sql = postgres(options.url, {
    max: 1,
    connect_timeout: 5,
    keep_alive: 10,
    idle_timeout: 300,
    max_lifetime: null,
    backoff: false,
    socket: single.open,
    onclose: () => {
      state.usable = false;
    },
    onnotice: () => undefined,
    fetch_types: false,
    types: POSTGRES_TYPES,
    connection: {
      application_name: options.applicationName,
      ...GUARDS,
      ...(options.ingest === true ? INGEST_PLANNER : {}),
      ...extra,
    },
  } as postgres.Options<Record<string, postgres.PostgresType>>);
  return {
    sql: sql,
    get usable(): boolean {
      return state.usable;
    },
    destroy: () => {
      state.usable = false;
      sql.end({ timeout: 0 }).catch(() => undefined);
      single.destroy();
    },
  };
}

/** 4 connections by default, each opened when first needed. `extra`: settings of its sessions. */
export function openPool(
  options: ConnectionOptions,
  size = DEFAULT_POOL,
  extra: Readonly<Record<string, string>> = {},
): Pool {
  return new BoundedPool<TransactionConnection>({
    size,
    maxWaiting: size * WAITING_PER_CONNECTION,
    maxAgeMs: MAX_CONNECTION_AGE_MS,
    connect: () => connect(options, extra),
  });
}

/** Adds only the difference since the last report to the gauge, because several databases of a process share it. */
export function poolReporter(metrics: PoolMetrics | undefined, pools: readonly Pool[]): () => void {
  const told = { active: 0, idle: 0, waiting: 0 };
  return () => {
    const uses = pools.map((each) => each.inUse());
    for (const state of ['active', 'idle', 'waiting'] as const) {
      const now = uses.reduce((sum, use) => sum + use[state], 0);
      metrics?.dbPoolConnections.inc({ state }, now - told[state]);
      told[state] = now;
    }
  };
}
