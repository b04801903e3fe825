/** The stream entry of an accepted webhook: writing and reading it. */
import { ProviderName } from '../../contract/entities.ts';
import type { IngestEntry } from '../../contract/jobs.ts';
import type { StreamEntry } from '../../platform/stream.ts';

/** Name of the stream; its shards are `ingest:{0}` … */
export const INGEST_STREAM = 'ingest';
/** The one consumer group that reads it. */
export const INGEST_GROUP = 'inbound';

/** What an entry says besides its webhook. */
export interface Origin {
  /** Its original place, if it was put on the stream again; absent: its current place. */
  readonly streamId?: string | null;
  /** Its row in webhook_spill, which is deleted when it has been applied. */
  readonly spillId?: string | null;
}

/** An entry as read, with its original place, which is unique for ever. */
export type DecodedEntry = IngestEntry & { readonly streamId: string; readonly spillId: string | null };

/** The fields of the stream entry. Names are short and fields few, because every webhook has them. */
export function encodeEntry(entry: IngestEntry, { streamId, spillId }: Origin = {}): Record<string, string | Buffer> {
  const { provider, auth, receivedAtMs, correlationId, body, bodyKey } = entry;
  const fields: Record<string, string | Buffer> = {
    h: `${provider} ${auth} ${String(receivedAtMs)} ${correlationId}`,
  };
  if (streamId) fields['s'] = streamId;
  if (spillId) fields['w'] = spillId;
  if (body !== null) fields['b'] = body;
  else if (bodyKey !== null) fields['k'] = bodyKey;
  else throw new Error('an ingest entry carries a body or the key of one');
  return fields;
}

/** The content of an entry, or why this release cannot read it. */
export type Decoded =
  { readonly ok: true; readonly entry: DecodedEntry } | { readonly ok: false; readonly broken: string };

/** Text that may be stored and compared unchanged. */
const WORD = /^[!-~]{1,200}$/;
/** Milliseconds up to the year 2286. */
const TIME = /^\d{1,13}$/;
const SPILL_ID = /^\d{1,18}$/;
const KEY = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Shard and id: the place of an entry, unique for ever. */
export function placeOf({ key, id }: Pick<StreamEntry, 'key' | 'id'>): string {
  return `${/\{(\d+)\}/.exec(key)?.[1] ?? '0'}/${id}`;
}

/**
 * Reads an entry from its fields and its place. Not readable: what a later release or somebody else wrote, and what
 * Postgres would not accept.
 */
export function decodeEntry(fields: StreamEntry['fields'], place: string): Decoded {
  const [name, auth, receivedAtMs, correlationId] = headOf(fields);
  const provider = ProviderName.safeParse(name);
  if (!provider.success) return { ok: false, broken: 'its carrier is not known here' };
  const streamId = textOf(fields, 's') || place;
  if (![auth, correlationId, streamId].every((word) => WORD.test(word)) || !TIME.test(receivedAtMs))
    return { ok: false, broken: 'it does not say how and when it came' };
  const body = fields['b'] ?? null;
  const bodyKey = body === null ? bodyKeyOf(fields) : null;
  if (body === null && bodyKey === null) return { ok: false, broken: 'it has neither a body nor the key of one' };
  const entry = {
    streamId,
    provider: provider.data,
    auth,
    receivedAtMs: Number(receivedAtMs),
    correlationId,
    body,
    bodyKey,
    spillId: spillIdOf(fields),
  };
  return { ok: true, entry };
}

type Head = [provider: string, auth: string, receivedAtMs: string, correlationId: string];

function headOf(fields: StreamEntry['fields']): Head {
  // The previous release had a separate field for each.
  const words =
    fields['h'] === undefined
      ? ['p', 'a', 'r', 'c'].map((name) => textOf(fields, name))
      : textOf(fields, 'h').split(' ');
  const [provider = '', auth = '', receivedAtMs = '', correlationId = ''] = words;
  return [provider, auth, receivedAtMs, correlationId];
}

/** The key of the body that waits in Postgres; null if the fields contain none that could be one. */
export function bodyKeyOf(fields: StreamEntry['fields']): string | null {
  const key = textOf(fields, 'k');
  return KEY.test(key) ? key : null;
}

/** Its row in webhook_spill; null if the fields contain none that could be one. */
export function spillIdOf(fields: StreamEntry['fields']): string | null {
  const id = textOf(fields, 'w');
  return SPILL_ID.test(id) ? id : null;
}

function textOf(fields: StreamEntry['fields'], name: string): string {
  return fields[name]?.toString('utf8') ?? '';
}
