/** The consumer-group commands, with their replies turned into entries. Each rejects when Redis is away. */
import { pipelined, unlessAllFailed, type RedisCommand } from './redis-cluster.ts';
import type { RedisClient, StreamRedis } from './redis.ts';
import type { StreamEntry } from './stream.ts';

/** Who reads what. Consumer names are unique per process: two processes under one name would share a pending list. */
export interface GroupReader {
  readonly keys: readonly string[];
  readonly group: string;
  readonly consumer: string;
}

/** Entries as read; `deleted` are pending ids whose entry no longer exists and that only need an acknowledgement. */
export interface ReadResult {
  readonly entries: readonly StreamEntry[];
  readonly deleted: ReadonlyMap<string, readonly string[]>;
}

type RawEntry = [Buffer, Buffer[] | null];
type RawReply = [Buffer, RawEntry[]][] | null;

/** Creates the group on every key from the very first entry (`$` would skip waiting entries); existing groups stay. */
export async function ensureGroups(client: RedisClient, reader: Pick<GroupReader, 'keys' | 'group'>): Promise<void> {
  const pipeline = client.pipeline();
  for (const key of reader.keys) pipeline.xgroup('CREATE', key, reader.group, '0', 'MKSTREAM');
  for (const [error] of (await pipeline.exec()) ?? []) {
    if (error !== null && !error.message.startsWith('BUSYGROUP')) throw error;
  }
}

/** True for the error of a group or stream that has vanished (flush, failover, eviction). */
export function isNoGroup(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOGROUP');
}

function toFields(raw: readonly Buffer[]): Record<string, Buffer> {
  const fields: Record<string, Buffer> = {};
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [raw[at], raw[at + 1]];
    if (name !== undefined && value !== undefined) fields[name.toString('utf8')] = value;
  }
  return fields;
}

function toResult(reply: RawReply, redelivered: boolean): ReadResult {
  const entries: StreamEntry[] = [];
  const deleted = new Map<string, string[]>();
  for (const [rawKey, rawEntries] of reply ?? []) {
    const key = rawKey.toString('utf8');
    for (const [rawId, fields] of rawEntries) {
      const id = rawId.toString('utf8');
      if (fields === null) deleted.set(key, [...(deleted.get(key) ?? []), id]);
      else entries.push({ key, id, fields: toFields(fields), redelivered });
    }
  }
  return { entries, deleted };
}

/** New entries, at most `count` of each key; waits up to `blockMs` for the first. */
export async function readNew(
  client: RedisClient,
  reader: GroupReader,
  options: { readonly count: number; readonly blockMs: number },
): Promise<ReadResult> {
  const { keys, group, consumer } = reader;
  const marks = keys.map(() => '>');
  const { count, blockMs } = options;
  const reply = await client.xreadgroupBuffer(
    'GROUP',
    group,
    consumer,
    'COUNT',
    count,
    'BLOCK',
    blockMs,
    'STREAMS',
    ...keys,
    ...marks,
  );
  return toResult(reply, false);
}

/** Entries that this consumer was given and never acknowledged, after `afterIds[i]` of each key. Does not block. */
export async function readOwnPending(
  client: RedisClient,
  reader: GroupReader,
  options: { readonly count: number; readonly afterIds: readonly string[] },
): Promise<ReadResult> {
  const { keys, group, consumer } = reader;
  const reply = await client.xreadgroupBuffer(
    'GROUP',
    group,
    consumer,
    'COUNT',
    options.count,
    'STREAMS',
    ...keys,
    ...options.afterIds,
  );
  return toResult(reply, true);
}

/**
 * Takes over entries that nobody has touched for `minIdleMs`, including this consumer's own; at most `count` of each
 * key.
 */
export async function claimIdle(
  client: RedisClient,
  reader: GroupReader,
  options: { readonly count: number; readonly minIdleMs: number },
): Promise<ReadResult> {
  const { group, consumer } = reader;
  const { minIdleMs, count } = options;
  const replies = await Promise.all(
    reader.keys.map((key) => client.callBuffer('XAUTOCLAIM', key, group, consumer, minIdleMs, '0-0', 'COUNT', count)),
  );
  const reply: [Buffer, RawEntry[]][] = [];
  replies.forEach((value: unknown, index) => {
    const [, rawEntries] = value as [Buffer, (RawEntry | null)[]];
    const alive = rawEntries.filter((raw): raw is RawEntry => raw !== null);
    if (alive.length > 0) reply.push([Buffer.from(reader.keys[index] ?? ''), alive]);
  });
  return toResult(reply, true);
}

/** Shows others that this consumer still works on the entries: resets their idle time without counting a delivery. */
export async function keepClaims(
  client: RedisClient,
  reader: GroupReader,
  ids: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const pipeline = client.pipeline();
  for (const [key, keyIds] of ids) pipeline.xclaim(key, reader.group, reader.consumer, 0, ...keyIds, 'JUSTID');
  await pipeline.exec();
}

/**
 * KEYS[1] stream, ARGV: group, own name, least idle ms. Removes consumers that hold nothing. Check and removal are one
 * step, because removing a consumer drops what it holds.
 */
const REMOVE_EMPTY = `
local removed = 0
for _, raw in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local c = {}
  for i = 1, #raw, 2 do c[raw[i]] = raw[i + 1] end
  local mine = c['name'] == ARGV[2]
  local leaving = ARGV[3] == 'leave'
  if c['pending'] == 0 and ((leaving and mine) or (not leaving and not mine and c['idle'] > tonumber(ARGV[3]))) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], c['name'])
    removed = removed + 1
  end
end
return removed`;

/** Removes other consumers that hold nothing and did nothing for `idleMs`; with `leave`, this one if it holds nothing. */
export async function removeEmptyConsumers(
  client: RedisClient,
  reader: GroupReader,
  idleMs: number | 'leave',
): Promise<void> {
  const pipeline = client.pipeline();
  for (const key of reader.keys) pipeline.eval(REMOVE_EMPTY, 1, key, reader.group, reader.consumer, idleMs);
  await pipeline.exec();
}

/** The clock of the server that has KEYS[1], by which the ages of its entries are measured. */
const OWN_TIME = `return redis.call('TIME')`;

/** Length and age of the oldest entry, over all keys but those `away`: so many have a master that does not answer. */
export interface StreamLag {
  readonly backlog: number;
  readonly oldestAgeMs: number;
  readonly away: number;
}

/** Acknowledged entries are deleted, so all that remain are unfinished. Rejects when all keys are away. */
export async function streamLag(client: StreamRedis, keys: readonly string[]): Promise<StreamLag> {
  const replies = await pipelined(
    client,
    keys.flatMap((key): RedisCommand[] => [
      ['eval', OWN_TIME, 1, key],
      ['xlen', key],
      ['xrange', key, '-', '+', 'COUNT', 1],
    ]),
  );
  unlessAllFailed(replies);
  const lag = { backlog: 0, oldestAgeMs: 0, away: 0 };
  for (let at = 0; at + 2 < replies.length; at += 3) {
    const own = replies.slice(at, at + 3);
    if (own.some(([error]) => error !== null)) {
      lag.away += 1;
      continue;
    }
    const [time, length, oldest] = own.map(([, value]) => value);
    const [seconds, micros] = time as [string | number, string | number];
    lag.backlog += Number(length);
    const first = (oldest as [string, string[]][])[0];
    if (first === undefined) continue;
    const nowMs = Number(seconds) * 1000 + Number(micros) / 1000;
    lag.oldestAgeMs = Math.max(lag.oldestAgeMs, nowMs - Number(first[0].split('-')[0]));
  }
  return lag;
}

/** When entries were appended, epoch ms by their ids, which a server gives in order whatever its clock does. */
export interface StreamSpan {
  readonly oldestMs: number;
  readonly newestMs: number;
}

/** Of the unfinished entries over all keys; null if there are none. */
export async function streamSpan(client: StreamRedis, keys: readonly string[]): Promise<StreamSpan | null> {
  const results = await pipelined(
    client,
    keys.flatMap((key): RedisCommand[] => [
      ['xrange', key, '-', '+', 'COUNT', 1],
      ['xrevrange', key, '+', '-', 'COUNT', 1],
    ]),
  );
  const appendedMs = results.flatMap(([error, value]) => {
    if (error !== null) throw error;
    return (value as [string, string[]][]).map(([id]) => Number(id.split('-')[0]));
  });
  return appendedMs.length === 0 ? null : { oldestMs: Math.min(...appendedMs), newestMs: Math.max(...appendedMs) };
}
