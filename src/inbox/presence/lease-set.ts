/**
 * Leases that expire by Redis' clock: every node writes its own share of a set, anyone reads the whole. One that would
 * live more than a second longer than any is given is of before the clock was put back, and counts as expired.
 */
import { withDeadline } from '../../lib/deadline.ts';
import { pipelined, unlessAllFailed, type RedisCommand } from '../../platform/redis-cluster.ts';
import type { VolatileRedis } from '../../platform/redis.ts';

/**
 * How long a lease outlives the node that stopped renewing it, ms. Others notice at their next renewal, so whatever a
 * killed node left is gone everywhere within 30 s.
 */
const LEASE_TTL_MS = 22_000;
/** How often a node renews what it holds, ms. */
export const LEASE_RENEW_MS = 7_000;
const COMMAND_DEADLINE_MS = 300;
/** Sets per round trip: one takes a busy Redis up to 0.25 ms, and it serves others in between. */
const SETS_AT_ONCE = 200;

/** One lease: `id` is the holder within this node, `value` its content. Neither contains a newline. */
export interface Lease {
  readonly id: string;
  readonly value: string;
}

/**
 * Replaces the leases of one node in a set by exactly the given ones, removes expired ones, returns all live ones.
 * KEYS 1: hash, field = node \n id, value = expiry ms \n value. ARGV: node, ttl ms, then id and value of each lease.
 * Returns id, value, id, value …; an id appears once per node that holds it.
 */
const SYNC = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local mine = ARGV[1] .. '\\n'
local keep = {}
for i = 3, #ARGV, 2 do keep[mine .. ARGV[i]] = ARGV[i + 1] end
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  local field, stored = all[i], all[i + 1]
  local cut = string.find(stored, '\\n', 1, true)
  local own = string.sub(field, 1, #mine) == mine
  local left = tonumber(string.sub(stored, 1, cut - 1)) - now
  if own or left <= 0 or left > ARGV[2] + 1000 then
    if keep[field] == nil then redis.call('HDEL', KEYS[1], field) end
  else
    table.insert(alive, string.sub(field, string.find(field, '\\n', 1, true) + 1))
    table.insert(alive, string.sub(stored, cut + 1))
  end
end
for field, value in pairs(keep) do
  redis.call('HSET', KEYS[1], field, string.format('%.0f', now + ARGV[2]) .. '\\n' .. value)
  table.insert(alive, string.sub(field, #mine + 1))
  table.insert(alive, value)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return alive`;

/** Returns all live leases of a set without changing anything. KEYS 1: the set, as in SYNC. ARGV: ttl ms. */
const READ = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  local cut = string.find(all[i + 1], '\\n', 1, true)
  local left = tonumber(string.sub(all[i + 1], 1, cut - 1)) - now
  if left > 0 and left <= ARGV[1] + 1000 then
    table.insert(alive, string.sub(all[i], string.find(all[i], '\\n', 1, true) + 1))
    table.insert(alive, string.sub(all[i + 1], cut + 1))
  end
end
return alive`;

/** Adds one lease of a node. KEYS 1: the set, as in SYNC. ARGV: node, ttl ms, id, value. */
const ADD = `
local time = redis.call('TIME')
local expiry = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1] .. '\\n' .. ARGV[3], expiry .. '\\n' .. ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** One set and what this node holds in it. An empty list gives up all of the node's leases. */
export interface LeaseShare {
  readonly key: string;
  readonly leases: readonly Lease[];
}

function toLeases(reply: unknown): Lease[] {
  const flat = reply as readonly string[];
  return Array.from({ length: flat.length / 2 }, (_, index) => ({
    id: flat[2 * index] ?? '',
    value: flat[2 * index + 1] ?? '',
  }));
}

/** Renews this node's share of a set; returns its live leases. Rejects as `syncLeases` does. */
export async function syncLease(client: VolatileRedis, node: string, share: LeaseShare): Promise<readonly Lease[]> {
  const [alive] = await syncLeases(client, node, [share]);
  return alive ?? [];
}

/**
 * Renews this node's share of many sets. Returns the live leases of each, in the given order; on a cluster, null for a
 * set whose master is away. Rejects if a whole group of sets could not be renewed; earlier groups are renewed then.
 */
export async function syncLeases(
  client: VolatileRedis,
  node: string,
  shares: readonly LeaseShare[],
): Promise<(readonly Lease[] | null)[]> {
  const commands = shares.map(({ key, leases }) => {
    const args = leases.flatMap(({ id, value }) => [id, value]);
    return ['EVAL', SYNC, 1, key, node, LEASE_TTL_MS, ...args] as const;
  });
  return await inTurns(client, commands);
}

/** The live leases of many sets, in the given order; null and rejections as in `syncLeases`. */
export async function readAllLeases(
  client: VolatileRedis,
  keys: readonly string[],
): Promise<(readonly Lease[] | null)[]> {
  const commands = keys.map((key) => ['EVAL', READ, 1, key, LEASE_TTL_MS] as const);
  return await inTurns(client, commands);
}

async function inTurns(client: VolatileRedis, commands: readonly RedisCommand[]): Promise<(readonly Lease[] | null)[]> {
  const alive: (readonly Lease[] | null)[] = [];
  for (let from = 0; from < commands.length; from += SETS_AT_ONCE) {
    const replies = unlessAllFailed(await pipelined(client, commands.slice(from, from + SETS_AT_ONCE)));
    alive.push(...replies.map(([error, reply]) => (error === null ? toLeases(reply) : null)));
  }
  return alive;
}

/**
 * Adds one lease to a node's share, which is renewed and given up together with the others of that share. Rejects when
 * Redis is away or does not answer within 300 ms.
 */
export async function addLease(client: VolatileRedis, node: string, key: string, { id, value }: Lease): Promise<void> {
  const added = client.eval(ADD, 1, key, node, String(LEASE_TTL_MS), id, value);
  await withDeadline(added, COMMAND_DEADLINE_MS, 'Redis leases');
}

/** The live leases of a set. Rejects when Redis is away or does not answer within 300 ms. */
export async function readLeases(client: VolatileRedis, key: string): Promise<Lease[]> {
  return toLeases(
    await withDeadline(client.eval(READ, 1, key, String(LEASE_TTL_MS)), COMMAND_DEADLINE_MS, 'Redis leases'),
  );
}
