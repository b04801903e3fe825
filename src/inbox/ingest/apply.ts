/** Applies parts in batches. A batch that cannot be stored is halved until the culprit is alone. */
import { classifyDatabaseError, databaseErrorCode, type Database } from '../../platform/postgres.ts';
import type { Logger } from '../../platform/log.ts';
import type { LoggedEvent } from '../event-log.ts';
import { buildBatch, type Batch } from './batch.ts';
import { NIL_TENANT, type Part, type ResolveChannel, type WindowOf } from './part.ts';
import { ingestBatch, keepNoBytes } from './queries.ts';

/** Most events and most raw bytes in one statement. */
const MAX_EVENTS = 500;
const MAX_BYTES = 16 * 1024 * 1024;
/** How often deadlocks and lost races are retried before they count as infrastructure errors. */
const CONFLICT_TRIES = 5;
/** SQLSTATE with which `ingest_batch` refuses a batch that contains something erased. */
const ERASED = 'P0E01';

/** What applying parts depends on. */
export interface ApplyDeps {
  /** A database opened for ingest (planner settings). */
  readonly db: Database;
  readonly log: Logger;
  readonly resolve: ResolveChannel;
  readonly windowOf: WindowOf;
}

/** Splits a body's events so that no part exceeds what one statement takes. A body without events is one empty part. */
export function splitEvents(part: Part): Part[] {
  if (part.events.length <= MAX_EVENTS) return [part];
  const parts: Part[] = [];
  for (let from = 0; from < part.events.length; from += MAX_EVENTS) {
    parts.push({ ...part, events: part.events.slice(from, from + MAX_EVENTS), offset: part.offset + from });
  }
  return parts;
}

/** Applies one batch unchanged. Repeats it after a lost race; the caller deals with what Postgres refuses. */
export async function applyBatch(db: Database, batch: Batch): Promise<LoggedEvent[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ingestBatch(db, batch);
    } catch (error) {
      const isLostRace = ['retry', 'conflict'].includes(classifyDatabaseError(error));
      if (!isLostRace || attempt >= CONFLICT_TRIES) throw error;
    }
  }
}

/** Packs parts into batches, in order. */
export function packParts(parts: readonly Part[]): Part[][] {
  const batches: Part[][] = [];
  let events = Infinity;
  let bytes = 0;
  for (const part of parts) {
    if (events + part.events.length > MAX_EVENTS || bytes + part.body.length > MAX_BYTES) {
      batches.push([]);
      events = 0;
      bytes = 0;
    }
    batches[batches.length - 1]?.push(part);
    events += part.events.length;
    bytes += part.body.length;
  }
  return batches;
}

/**
 * Stores the parts; returns what was logged. Rejects for infrastructure errors only: then nothing, or the first part of
 * the work, is stored, and the whole may be repeated. A part that Postgres refuses becomes a dead letter `poison`;
 * erased items are left out.
 */
export async function applyParts(deps: ApplyDeps, parts: readonly Part[]): Promise<LoggedEvent[]> {
  try {
    return await applyBatch(deps.db, buildBatch(parts, deps.resolve, deps.windowOf));
  } catch (error) {
    if (['infrastructure', 'retry'].includes(classifyDatabaseError(error))) throw error;
    return isolate(deps, parts, error);
  }
}

async function isolate(deps: ApplyDeps, parts: readonly Part[], error: unknown): Promise<LoggedEvent[]> {
  const [only] = parts;
  if (only === undefined || only.poison !== undefined) throw error;
  if (parts.length > 1) return applyHalves(deps, halve(parts));
  const isErased = databaseErrorCode(error) === ERASED;
  const part: Part = isErased ? { ...only, isErased } : only;
  if (part.events.length > 1) {
    return applyHalves(
      deps,
      halve(part.events).map((events, index) => [eventsOf(part, events, index)]),
    );
  }
  if (isErased) return leaveOut(deps, part);
  const { code } = error as { code?: unknown };
  const sqlstate = typeof code === 'string' ? code : null;
  deps.log.warn(
    { sqlstate, provider: part.provider, correlationId: part.correlationId },
    'An item could not be stored; kept as dead letter.',
  );
  return applyParts(deps, [{ ...part, poison: { reason: 'poison', sqlstate } }]);
}

/** Leaves erased items out, and the bytes they came in. */
async function leaveOut({ db, resolve }: ApplyDeps, part: Part): Promise<LoggedEvent[]> {
  for (const { channel, account } of part.events) {
    const owner = channel === null ? null : resolve(part.provider, channel, part.auth, account);
    await keepNoBytes(db, owner?.tenantId ?? NIL_TENANT, part);
  }
  return [];
}

async function applyHalves(deps: ApplyDeps, halves: readonly (readonly Part[])[]): Promise<LoggedEvent[]> {
  const logged: LoggedEvent[] = [];
  for (const half of halves) logged.push(...(await applyParts(deps, half)));
  return logged;
}

function eventsOf(part: Part, events: Part['events'], index: number): Part {
  return { ...part, events, offset: part.offset + (index === 0 ? 0 : part.events.length - events.length) };
}

/** Two halves; the first is the larger. */
export function halve<T>(items: readonly T[]): T[][] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
