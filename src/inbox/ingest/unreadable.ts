/** Entries that this release cannot read: each is stored whole as a dead letter, for a release that can. */
import { isUtf8 } from 'node:buffer';
import { KeptEntry } from '../../contract/jobs.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import type { StreamEntry } from '../../platform/stream.ts';
import { bodyKeyOf, decodeEntry, INGEST_STREAM, placeOf, spillIdOf, type Decoded, type DecodedEntry } from './entry.ts';
import { NIL_TENANT } from './part.ts';
import { deleteSpilledAs, findBodies } from './queries.ts';

/** The reason of such a letter. Its carrier and its proof are unknown until it can be read. */
export const UNREADABLE = 'unreadable_entry';
/** Takes the place of the carrier's name in such a letter. */
export const UNKNOWN = 'unknown';

interface KeepDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Returns the entries that can be read; the others are in the dead letters when this resolves. Rejects when Postgres is
 * away.
 */
export async function decodeOrKeep(deps: KeepDeps, entries: readonly StreamEntry[]): Promise<DecodedEntry[]> {
  const readable: DecodedEntry[] = [];
  for (const entry of entries) {
    const decoded = decodeEntry(entry.fields, placeOf(entry));
    if (decoded.ok) readable.push(decoded.entry);
    else await keepUnreadable(deps, entry, decoded.broken);
  }
  return readable;
}

/**
 * Stores an entry, once however often it comes. A body that waits in Postgres is copied into it, because it would be
 * deleted there. A waiting copy in webhook_spill is deleted.
 */
export async function keepUnreadable(deps: KeepDeps, entry: StreamEntry, broken: string): Promise<void> {
  const key = bodyKeyOf(entry.fields);
  const [waiting] = key === null ? [] : await findBodies(deps.db, [key]);
  const fields = waiting === undefined ? entry.fields : { b: waiting.body, ...entry.fields };
  // By the clock of Redis. If the writer chose the id itself it may be anything, hence the limit.
  const receivedAtMs = Math.min(Number(entry.id.split('-')[0]), deps.clock.nowMs());
  await insertUnreadable(deps.db, { place: placeOf(entry), broken, body: pack(fields), receivedAtMs });
  const spillId = spillIdOf(fields);
  if (spillId !== null && fields['b'] !== undefined) await deleteSpilledAs(deps.db, spillId, fields['b']);
  deps.log.error({ id: entry.id, stream: INGEST_STREAM }, 'An entry cannot be read; kept as dead letter.');
}

/** Reads the fields back from the body of a letter, and from them the entry, if this release can. */
export function decodeKept(body: Buffer, place: string): Decoded {
  const kept = KeptEntry.parse(JSON.parse(body.toString('utf8')));
  const fields = Object.entries(kept).map(([name, value]): [string, Buffer] => [
    name,
    typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64'),
  ]);
  return decodeEntry(Object.fromEntries(fields), place);
}

function pack(fields: StreamEntry['fields']): Buffer {
  const kept = Object.entries(fields).map(([name, value]): [string, KeptEntry[string]] => [
    name,
    isUtf8(value) ? value.toString('utf8') : { base64: value.toString('base64') },
  ]);
  return Buffer.from(JSON.stringify(Object.fromEntries(kept)));
}

/**
 * Its place also serves as the correlation id, because the entry has none. Index: dead_letters_entry_key. Locks the new
 * row.
 */
async function insertUnreadable(
  db: Database,
  letter: { readonly place: string; readonly broken: string; readonly body: Buffer; readonly receivedAtMs: number },
): Promise<void> {
  const { place, broken, body, receivedAtMs } = letter;
  await db.run(
    'ingest.unreadable',
    (sql) => sql`
      insert into dead_letters (tenant_id, provider, reason, detail, auth, body, received_at, correlation_id, stream_id)
      values (${NIL_TENANT}, ${UNKNOWN}, ${UNREADABLE}, ${broken}, ${UNKNOWN}, ${body}, ${new Date(receivedAtMs)}, ${place}, ${place})
      on conflict do nothing`,
  );
}
