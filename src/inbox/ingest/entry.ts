/** How an accepted webhook body is written on the ingest stream and read back. */
import { ProviderName } from '../../contract/entities.ts';
import type { IngestEntry } from '../../contract/jobs.ts';
import { shardOf } from '../../lib/hash.ts';
import { streamKey } from '../../platform/stream.ts';

/**
 * Redis stream of accepted webhook bodies, one key per shard. Written by gateways and by the spill drain, read by group
 * `inbound`; an entry goes (XACK, XDEL) after the transaction that applied it has committed.
 */
export const INGEST_STREAM = 'ingest';

/** Bodies above this wait in webhook_bodies and only their key travels: Redis holds all entries in memory. */
export const MAX_INLINE_BYTES = 256 * 1024;

/** `auth` of a body that an environment secret proved. */
export const GLOBAL_AUTH = 'global';

/** Shard of a channel, so that one noisy number fills one shard. Bodies that name no channel share one per provider. */
export function ingestShard(provider: ProviderName, channelHint: string | null, shards: number): number {
  return shardOf(`${provider}${channelHint ?? ''}`, shards);
}

/** Key of one shard, e.g. `ingest:{3}`. */
export function ingestKey(shard: number): string {
  return streamKey(INGEST_STREAM, shard);
}

/** Fields for XADD. The entry has a body or a body key. */
export function encodeEntry(entry: IngestEntry): Record<string, string | Buffer> {
  return {
    p: entry.provider,
    a: entry.auth,
    r: String(entry.receivedAtMs),
    c: entry.correlationId,
    ...(entry.bodyKey === null ? { b: entry.body ?? Buffer.alloc(0) } : { k: entry.bodyKey }),
  };
}

/** The inverse of encodeEntry, for fields as read from the stream; null when they are not ours. Never throws. */
export function decodeEntry(fields: Readonly<Record<string, Buffer>>): IngestEntry | null {
  const provider = ProviderName.safeParse(fields['p']?.toString('utf8'));
  const auth = fields['a']?.toString('utf8');
  const receivedAtMs = Number(fields['r']?.toString('latin1'));
  const body = fields['b'] ?? null;
  const bodyKey = fields['k']?.toString('utf8') ?? null;
  if (!provider.success || auth === undefined || !Number.isSafeInteger(receivedAtMs)) return null;
  if ((body === null) === (bodyKey === null)) return null;
  const correlationId = fields['c']?.toString('utf8') ?? '';
  return { provider: provider.data, auth, receivedAtMs, correlationId, body, bodyKey };
}
