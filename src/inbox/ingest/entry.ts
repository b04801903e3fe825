/** One accepted webhook on its way through Redis: how it is written and read. */
import { ProviderName } from '../../contract/entities.ts';
import type { IngestEntry } from '../../contract/jobs.ts';
import type { StreamEntry } from '../../platform/stream.ts';

/** Name of the stream; its shards are `ingest:{0}` … */
export const INGEST_STREAM = 'ingest';
/** The one consumer group that reads it. */
export const INGEST_GROUP = 'inbound';

/** An entry as read: knows where it stood at first, which is unique for ever. */
export type DecodedEntry = IngestEntry & { readonly streamId: string };

/**
 * Fields of the stream entry; short names, and few of them, because every webhook carries them. `streamId`: where it
 * stood before, for one that comes again.
 */
export function encodeEntry(entry: IngestEntry, streamId: string | null = null): Record<string, string | Buffer> {
  const { provider, auth, receivedAtMs, correlationId } = entry;
  const first = streamId === null ? {} : { s: streamId };
  const head = { h: `${provider} ${auth} ${String(receivedAtMs)} ${correlationId}`, ...first };
  if (entry.body !== null) return { ...head, b: entry.body };
  if (entry.bodyKey !== null) return { ...head, k: entry.bodyKey };
  throw new Error('an ingest entry carries a body or the key of one');
}

/** Reads an entry back. Throws when it was not written by `encodeEntry`: nothing else writes to this stream. */
export function decodeEntry(entry: StreamEntry): DecodedEntry {
  const text = (name: string): string => entry.fields[name]?.toString('utf8') ?? '';
  const shard = /\{(\d+)\}/.exec(entry.key)?.[1] ?? '0';
  const body = entry.fields['b'];
  // The release before had a field for each.
  const head = entry.fields['h'] === undefined ? ['p', 'a', 'r', 'c'].map(text) : text('h').split(' ');
  const [provider, auth = '', receivedAtMs, correlationId = ''] = head;
  return {
    streamId: entry.fields['s']?.toString('utf8') ?? `${shard}/${entry.id}`,
    provider: ProviderName.parse(provider),
    auth,
    receivedAtMs: Number(receivedAtMs),
    correlationId,
    body: body ?? null,
    bodyKey: body === undefined ? text('k') : null,
  };
}
