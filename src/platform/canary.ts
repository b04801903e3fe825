/** Detects a pool whose writes are acknowledged but never become visible (a leaked open transaction). */
import { randomUUID } from 'node:crypto';
import { pause } from '../lib/backoff.ts';
import type { Logger } from './log.ts';
import type { AnySql, Database } from './postgres.ts';

const EVERY_MS = 5000;
const DEADLINE_MS = 3000;

/** Upserts one row of platform_canary by its primary key; locks that row. */
async function writeBeat(sql: AnySql, pool: string, beat: string): Promise<void> {
  await sql`insert into platform_canary (pool, beat) values (${pool}, ${beat})
    on conflict (pool) do update set beat = excluded.beat`;
}

/** Takes one row of platform_canary out by its primary key; locks that row. */
async function takeBeat(sql: AnySql, pool: string): Promise<string | null> {
  const [row] = await sql<{ beat: string }[]>`delete from platform_canary where pool = ${pool} returning beat`;
  return row?.beat ?? null;
}

/**
 * Writes a heartbeat through the statement pool and one through the transaction pool, and takes each out through the
 * other pool. Returns the pools whose write is not visible. Rejects when the database is away. `name` separates
 * processes.
 */
export async function checkCanary(database: Database, name: string): Promise<readonly string[]> {
  const beat = randomUUID();
  const options = { deadlineMs: DEADLINE_MS };
  const beside = { ...options, beside: true };
  const [byStatement, byTransaction] = [`${name}:statement`, `${name}:transaction`];
  await Promise.all([
    database.run('canary.write', (sql) => writeBeat(sql, byStatement, beat), beside),
    database.transaction('canary.write', (tx) => writeBeat(tx, byTransaction, beat), options),
  ]);
  const [seen, seenBack] = await Promise.all([
    database.transaction('canary.read', (tx) => takeBeat(tx, byStatement), options),
    database.run('canary.read', (sql) => takeBeat(sql, byTransaction), beside),
  ]);
  return [...(seen === beat ? [] : ['statement']), ...(seenBack === beat ? [] : ['transaction'])];
}

/**
 * Checks at once, which also opens the connections before there is work, and then 5 s after each check until the
 * returned function is called. `onLost` gets the pools that lose writes: the process should stop, because what it has
 * acknowledged since may be gone. An outage is not a loss and is only logged. Several processes may share a `name`.
 */
export function startCanary(options: {
  readonly database: Database;
  readonly name: string;
  readonly log: Logger;
  readonly onLost: (pools: readonly string[]) => void;
}): () => void {
  const { database, log, onLost } = options;
  const name = `${options.name}:${randomUUID()}`;
  const check = async (): Promise<void> => {
    try {
      const lost = await checkCanary(database, name);
      if (lost.length === 0) return;
      log.fatal({ pool: lost.join(', ') }, 'Committed writes are not visible.');
      onLost(lost);
    } catch (error) {
      log.warn({ err: error }, 'The database canary could not run.');
    }
  };
  const stopping = new AbortController();
  const { signal } = stopping;
  void (async () => {
    // Checks must not overlap: the next heartbeat would look like a lost one to the check before.
    while (!signal.aborted) {
      await check();
      await pause(EVERY_MS, signal);
    }
  })();
  return () => {
    stopping.abort();
  };
}
