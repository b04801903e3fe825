/** Which members are online: combines the states of all devices into one state per member. */
import type { PresenceState } from '../../contract/entities.ts';
import type { MemberId, TenantId } from '../../contract/ids.ts';
import type { Logger } from '../../platform/log.ts';
import type { VolatileRedis } from '../../platform/redis.ts';
import type { PresenceReader } from '../command.ts';
import { readLeases, type Lease } from './lease-set.ts';

/**
 * Hash of leases (lease-set.ts), id = member. Written by every gateway with connections of the tenant, on changes and
 * every 7 s; read by gateways and by the snapshot command. A lease expires 22 s after its node stops renewing it, ends
 * 5 s after the member's last connection on the node, and at once when the node drains.
 */
export function presenceKey(tenantId: TenantId): string {
  return `hunfly:presence:{${tenantId}}`;
}

/**
 * Redis pub/sub channel, payload = tenant id. Written by the gateway that changed the tenant's presence leases, read by
 * all gateways, which then read the set again. Nothing is stored, and renewals make up for lost messages.
 */
export const PRESENCE_CHANNEL = 'hunfly:presence';

/**
 * The combined state of one member's connections on one node, or on all. `chosenMs` 0: no state was chosen, so being
 * connected means online.
 */
export interface NodePresence {
  readonly state: PresenceState;
  readonly chosenMs: number;
  readonly sinceMs: number;
}

const STATES: ReadonlySet<string> = new Set(['online', 'away', 'busy', 'offline']);

/** Lease value of a node's presence. */
export function encodePresence(presence: NodePresence): string {
  return `${presence.state} ${String(presence.chosenMs)} ${String(presence.sinceMs)}`;
}

function decode(value: string): NodePresence | null {
  const [state = '', chosen = '', since = ''] = value.split(' ');
  if (!STATES.has(state)) return null;
  return { state: state as PresenceState, chosenMs: Number(chosen), sinceMs: Number(since) };
}

/** The latest explicit choice overrides being connected; that counts from the first device. Pure. */
export function foldPresence(leases: readonly Lease[]): Map<MemberId, NodePresence> {
  const best = new Map<MemberId, NodePresence>();
  for (const { id, value } of leases) {
    const next = decode(value);
    if (next === null) continue;
    const known = best.get(id as MemberId);
    best.set(id as MemberId, known === undefined ? next : better(known, next));
  }
  return best;
}

function better(a: NodePresence, b: NodePresence): NodePresence {
  if (a.chosenMs !== b.chosenMs) return a.chosenMs > b.chosenMs ? a : b;
  return a.sinceMs <= b.sinceMs ? a : b;
}

/** When the member's present state began: with connecting, or with a later choice. Pure. */
export function stateSinceMs({ chosenMs, sinceMs }: NodePresence): number {
  return Math.max(chosenMs, sinceMs);
}

/** Reads states for snapshots. An empty answer means that nobody is connected, or that Redis is away. */
export function createPresenceReader(client: VolatileRedis, log: Logger): PresenceReader {
  return {
    states: async (tenantId) => {
      try {
        const folded = foldPresence(await readLeases(client, presenceKey(tenantId)));
        return new Map([...folded].map(([memberId, { state }]) => [memberId, state]));
      } catch (error) {
        log.warn({ err: error, tenantId }, 'Presence could not be read; everybody is shown offline.');
        return new Map();
      }
    },
  };
}
