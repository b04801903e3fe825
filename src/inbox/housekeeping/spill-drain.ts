/** Puts webhooks that were accepted while Redis was unavailable onto the stream. */
import type { ProviderName } from '../../contract/entities.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import { streamKey, UnconfirmedAppendError, type StreamProducer } from '../../platform/stream.ts';
import { MAX_INLINE_BYTES } from '../ingest/accept.ts';
import { encodeEntry, INGEST_STREAM, type Origin } from '../ingest/entry.ts';
import { insertBody } from '../ingest/spill.ts';
import { isOnlyOne, type Job } from './jobs.ts';

/** `shards`: how many there are now. Spilled rows keep the shard they were accepted for, modulo this number. */
export interface ReappendDeps {
  readonly db: Database;
  readonly producer: Pick<StreamProducer, 'append'>;
  readonly shards: number;
}

/** A webhook to be put onto the stream again. */
export interface StoredWebhook {
  readonly provider: ProviderName;
  readonly auth: string;
  readonly receivedAtMs: number;
  readonly correlationId: string;
  readonly body: Buffer;
}

interface SpillRow extends StoredWebhook {
  readonly id: string;
  readonly shard: number;
}

interface Ready {
  readonly key: string;
  readonly fields: Record<string, string | Buffer>;
}

const NAME = 'spill-drain';
const LIMIT = 100;
const MAX_BYTES = 8 * 1024 * 1024;
const APPEND_DEADLINE_MS = 2000;

/** The most rows that may be on the stream unconfirmed. */
const MAX_UNCONFIRMED = 1000;
/** After this long, in ms, an entry that is neither confirmed nor applied is taken for lost in a failover. */
export const AGAIN_MS = 60_000;

/**
 * Drains rows in the order of acceptance while Redis accepts them; waits otherwise. On a cluster the rows of a shard
 * whose master is away wait, and no others.
 */
export function spillDrainJob(deps: ReappendDeps): Job {
  const unconfirmed = new Map<string, number>();
  return {
    name: NAME,
    everyMs: 1000,
    // Rows vary in size, so any round that moved something may have left more.
    full: 1,
    run: () => deps.db.transaction('spill.drain', (tx) => drain(tx, deps, unconfirmed)),
  };
}

/**
 * Deletes the rows in a transaction that commits only after Redis has answered for all of them. If the process is
 * killed in between, they are appended again, and ingest absorbs the repeats. One process drains at a time, to keep the
 * order. If no replica confirms an entry, its row stays until whoever applies the entry deletes it: while a group fails
 * over, its last server can be read from like any other, but is no safe place to keep things. Rejects if rows are left
 * and none of them is taken.
 */
async function drain(tx: Tx, deps: ReappendDeps, unconfirmed: Map<string, number>): Promise<number> {
  if (!(await isOnlyOne(tx, NAME))) return 0;
  await keepWaiting(tx, unconfirmed);
  if (unconfirmed.size >= MAX_UNCONFIRMED) return 0;
  const away = new Map<number, unknown>();
  for (;;) {
    const rows = await takeRows(tx, deps.shards, { ids: [...unconfirmed.keys()], shards: [...away.keys()] });
    if (rows.length === 0) break;
    const taken = await appendRows(tx, deps, { rows, unconfirmed, away });
    if (taken > 0) return taken;
  }
  for (const failure of away.values()) throw failure;
  return 0;
}

interface Round {
  readonly rows: readonly SpillRow[];
  /** Gets the rows that no replica confirms, and since when. */
  readonly unconfirmed: Map<string, number>;
  /** Gets the shards that do not take their rows, and why. */
  readonly away: Map<number, unknown>;
}

/** How many are on the stream now. */
async function appendRows(tx: Tx, deps: ReappendDeps, { rows, unconfirmed, away }: Round): Promise<number> {
  const ready: Ready[] = [];
  for (const row of rows) ready.push(await prepare(deps, row));
  // Appended in one turn of the event loop, they travel together, in this order.
  const ends = await Promise.allSettled(ready.map(({ key, fields }) => isConfirmed(deps, key, fields)));
  const confirmed: string[] = [];
  for (const [index, { id, shard }] of rows.entries()) {
    const end = ends[index];
    if (end?.status !== 'fulfilled') away.set(shard % deps.shards, end?.reason);
    else if (end.value) confirmed.push(id);
    else unconfirmed.set(id, performance.now());
  }
  await deleteRows(tx, confirmed);
  return ends.filter(({ status }) => status === 'fulfilled').length;
}

/** False if the entry is on the stream, but no replica has confirmed it. */
export async function isConfirmed({ producer }: ReappendDeps, key: string, fields: Ready['fields']): Promise<boolean> {
  try {
    await producer.append(key, fields, APPEND_DEADLINE_MS);
    return true;
  } catch (error) {
    if (error instanceof UnconfirmedAppendError) return false;
    throw error;
  }
}

/** Forgets rows that have been applied, and rows that are to be appended again. Index: webhook_spill primary key. */
async function keepWaiting(tx: Tx, unconfirmed: Map<string, number>): Promise<void> {
  if (unconfirmed.size === 0) return;
  const rows = await tx<{ id: string }[]>`
    select id::text as id from webhook_spill where id = any (${[...unconfirmed.keys()]}::bigint[])`;
  const left = new Set(rows.map(({ id }) => id));
  const beforeMs = performance.now() - AGAIN_MS;
  for (const [id, sinceMs] of unconfirmed) if (!left.has(id) || sinceMs < beforeMs) unconfirmed.delete(id);
}

/** Commits a large body separately, before its key is on the stream: an entry without its body would be lost. */
async function prepare(deps: ReappendDeps, row: SpillRow): Promise<Ready> {
  const fields = await entryFields(deps.db, row, { spillId: row.id });
  return { key: streamKey(INGEST_STREAM, row.shard % deps.shards), fields };
}

/** The fields of a stream entry (see encodeEntry); stores a large body first. */
export async function entryFields(
  db: Database,
  webhook: StoredWebhook,
  origin: Origin,
): Promise<Record<string, string | Buffer>> {
  const { provider, auth, receivedAtMs, correlationId, body } = webhook;
  const bodyKey = body.length > MAX_INLINE_BYTES ? await insertBody(db, body, APPEND_DEADLINE_MS) : null;
  const inline = bodyKey === null ? body : null;
  return encodeEntry({ provider, auth, receivedAtMs, correlationId, body: inline, bodyKey }, origin);
}

/**
 * The oldest rows except these and those of these shards, as many as fit into 8 MB, at least one. Locks them. Index:
 * webhook_spill primary key.
 */
async function takeRows(
  tx: Tx,
  shards: number,
  except: { readonly ids: readonly string[]; readonly shards: readonly number[] },
): Promise<SpillRow[]> {
  return await tx<SpillRow[]>`
    with first as materialized (
      select id, octet_length(body) as bytes from webhook_spill
      where id <> all (${except.ids}::bigint[]) and shard % ${shards} <> all (${except.shards}::bigint[]) order by id limit ${LIMIT}
    ), fitting as (
      select id, sum(bytes) over (order by id) - bytes as before from first
    )
    select s.id::text as id, s.provider, s.auth, s.shard, s.received_at_ms as "receivedAtMs", s.correlation_id as "correlationId", s.body
    from webhook_spill s
    where s.id in (select id from fitting where before < ${MAX_BYTES})
    order by s.id for update of s skip locked`;
}

/** Index: webhook_spill primary key. */
async function deleteRows(tx: Tx, ids: readonly string[]): Promise<void> {
  await tx`delete from webhook_spill where id = any (${[...ids]}::bigint[])`;
}
