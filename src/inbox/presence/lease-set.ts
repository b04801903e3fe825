/** Leases that expire by Redis time: every node writes its own share of a set, anyone reads the whole. */
import { withDeadline } from '../../lib/deadline.ts';
import { pipelined, type KeyedCommand } from '../../platform/redis-cluster.ts';
import type { VolatileRedis } from '../../platform/redis.ts';

/**
 * How long a lease outlives the node that stopped renewing it, ms. Others notice at their next renewal: what a killed
 * node leaves behind is gone everywhere within 30 s.
 */
const LEASE_TTL_MS = 22_000;
/** How often a node renews what it holds, ms. */
export const LEASE_RENEW_MS = 7_000;
const COMMAND_DEADLINE_MS = 300;
/** Sets per round trip: a busy Redis takes up to 0.25 ms for one, and serves others in between. */
const SETS_AT_ONCE = 200;

/** One lease: `id` is the holder within this node, `value` what is said about it. Neither contains a newline. */
export interface Lease {
  readonly id: string;
  readonly value: string;
}

/**
 * Makes the leases of one node in a set exactly the given ones, drops what has expired, answers all that live.
 * KEYS 1: hash, field = node \n id, value = expiry ms \n value. ARGV: node, ttl ms, then id and value of each lease.
 * Returns id, value, id, value …; the same id once per node that holds it.
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
  if own or tonumber(string.sub(stored, 1, cut - 1)) <= now then
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

/** All leases of the set that live; KEYS 1 as above, changes nothing. */
const READ = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local alive = {}
for i = 1, #all, 2 do
  local cut = string.find(all[i + 1], '\\n', 1, true)
  if tonumber(string.sub(all[i + 1], 1, cut - 1)) > now then
    table.insert(alive, string.sub(all[i], string.find(all[i], '\\n', 1, true) + 1))
    table.insert(alive, string.sub(all[i + 1], cut + 1))
  end
end
return alive`;

/** One more lease of a node. KEYS 1 as above. ARGV: node, ttl ms, id, value. */
const ADD = `
local time = redis.call('TIME')
local expiry = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2])
redis.call('HSET', KEYS[1], ARGV[1] .. '\\n' .. ARGV[3], expiry .. '\\n' .. ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])`;

/** One set and what this node holds in it; an empty list gives up all of the node's leases. */
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

/** Renews this node's share of a set; answers what lives in it. Rejects as `syncLeases` does. */
export async function syncLease(client: VolatileRedis, node: string, share: LeaseShare): Promise<readonly Lease[]> {
  const [alive] = await syncLeases(client, node, [share]);
  return alive ?? [];
}

/**
 * Renews this node's share of many sets; answers what lives in each, in the order given, and null for one whose master is
 * away, on a cluster. Rejects when none of some hundred sets was renewed: those before them are.
 */
export async function syncLeases(
  client: VolatileRedis,
  node: string,
  shares: readonly LeaseShare[],
): Promise<(readonly Lease[] | null)[]> {
  const commands = shares.map(({ key, leases }) => {
    const args = leases.flatMap(({ id, value }) => [id, value]);
    return { key, args: ['EVAL', SYNC, 1, key, node, LEASE_TTL_MS, ...args] as const };
  });
  return await inTurns(client, commands);
}

/** What lives in each of many sets, in the order given, null and rejecting as `syncLeases`. */
export async function readAllLeases(
  client: VolatileRedis,
  keys: readonly string[],
): Promise<(readonly Lease[] | null)[]> {
  const commands = keys.map((key) => ({ key, args: ['EVAL', READ, 1, key] as const }));
  return await inTurns(client, commands);
}

async function inTurns(client: VolatileRedis, commands: readonly KeyedCommand[]): Promise<(readonly Lease[] | null)[]> {
  const alive: (readonly Lease[] | null)[] = [];
  for (let from = 0; from < commands.length; from += SETS_AT_ONCE) {
    const replies = await pipelined(client, commands.slice(from, from + SETS_AT_ONCE));
    const [failed] = replies.flatMap(([error]) => error ?? []);
    if (failed !== undefined && replies.every(([error]) => error !== null)) throw failed;
    alive.push(...replies.map(([error, reply]) => (error === null ? toLeases(reply) : null)));
  }
  return alive;
}

/**
 * Adds one lease to a node's share, which is renewed and given up with the others of it. Rejects when Redis is away or does
 * not answer within 300 ms.
 */
export async function addLease(client: VolatileRedis, node: string, key: string, { id, value }: Lease): Promise<void> {
  const added = client.eval(ADD, 1, key, node, String(LEASE_TTL_MS), id, value);
  await withDeadline(added, COMMAND_DEADLINE_MS, 'Redis leases');
}

/** What lives in a set. Rejects when Redis is away or does not answer within 300 ms. */
export async function readLeases(client: VolatileRedis, key: string): Promise<Lease[]> {
  return toLeases(await withDeadline(client.eval(READ, 1, key), COMMAND_DEADLINE_MS, 'Redis leases'));
}
