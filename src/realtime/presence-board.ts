/**
 * Presence on this node: keeps the leases of members connected here, and tells connections here about changes anywhere.
 */
import type { Member, PresenceState } from '../contract/entities.ts';
import type { MemberId, TenantId } from '../contract/ids.ts';
import type { LogEvent } from '../contract/jobs.ts';
import type { Presence } from '../contract/socket.ts';
import type { StateOf } from '../inbox/audience.ts';
import { activeThreads } from '../inbox/presence/active-threads.ts';
import { LEASE_RENEW_MS, syncLease, syncLeases, type Lease } from '../inbox/presence/lease-set.ts';
import {
  encodePresence,
  foldPresence,
  presenceKey,
  stateSinceMs,
  type NodePresence,
} from '../inbox/presence/member-presence.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { Database } from '../platform/postgres.ts';
import type { VolatileRedis } from '../platform/redis.ts';

const COALESCE_MS = 1000;
const FULL_MS = 60_000;
/** A member stays present this long after the last connection ended, so that reloading a page changes nothing. */
export const PRESENCE_GRACE_MS = 5000;

/**
 * `emit` reaches every live connection of the tenant on this node; `announce` makes every node read its leases again.
 */
export interface PresenceBoardOptions {
  readonly node: string;
  readonly redis: VolatileRedis;
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: (tenantId: TenantId, frame: Presence) => void;
  readonly announce: (tenantId: TenantId) => void;
}

interface Here {
  connections: number;
  state: PresenceState;
  chosenMs: number;
  readonly sinceMs: number;
  leaving: NodeJS.Timeout | null;
}

class TenantBoard {
  readonly here = new Map<MemberId, Here>();
  known = new Map<MemberId, NodePresence>();
  active = new Map<MemberId, number>();
  /** Something changed here that other nodes do not know yet. */
  dirty = false;
  syncing: Promise<void> | null = null;
  timer: NodeJS.Timeout | null = null;
  /** By performance.now(), as `lastFullMs`. */
  lastSyncMs = -Infinity;
  lastFullMs = -Infinity;
}

/** Methods are synchronous and never throw. Redis is accessed at most once a second per tenant. */
export class PresenceBoard {
  readonly #options: PresenceBoardOptions;
  readonly #tenants = new Map<TenantId, TenantBoard>();
  readonly #renewing: NodeJS.Timeout;
  #closed = false;

  constructor(options: PresenceBoardOptions) {
    this.#options = options;
    this.#renewing = setInterval(() => {
      for (const tenantId of this.#tenants.keys()) this.#touch(tenantId);
    }, LEASE_RENEW_MS);
  }

  /** States as of the last read. A member connected here is never shown as offline just because the read is missing. */
  stateOf(tenantId: TenantId): StateOf {
    const board = this.#tenants.get(tenantId);
    return (memberId) => board?.known.get(memberId as MemberId)?.state ?? board?.here.get(memberId as MemberId)?.state;
  }

  /** A live connection began. Returns the whole list for it; null: it will be emitted once it has been read. */
  join(tenantId: TenantId, memberId: MemberId): Presence | null {
    const board = this.#board(tenantId);
    const here = board.here.get(memberId);
    if (here === undefined) {
      const sinceMs = this.#options.clock.nowMs();
      board.here.set(memberId, { connections: 1, state: 'online', chosenMs: 0, sinceMs, leaving: null });
      board.dirty = true;
      this.#touch(tenantId);
    } else {
      here.connections += 1;
      if (here.leaving !== null) clearTimeout(here.leaving);
      here.leaving = null;
    }
    return board.lastFullMs === -Infinity ? null : wholeList(board);
  }

  /** A live connection ended. */
  leave(tenantId: TenantId, memberId: MemberId): void {
    const board = this.#tenants.get(tenantId);
    const here = board?.here.get(memberId);
    if (board === undefined || here === undefined) return;
    here.connections -= 1;
    if (here.connections > 0) return;
    here.leaving = setTimeout(() => {
      board.here.delete(memberId);
      board.dirty = true;
      this.#touch(tenantId);
    }, PRESENCE_GRACE_MS);
  }

  /** The member chose how to appear, on all devices. */
  choose(tenantId: TenantId, memberId: MemberId, state: PresenceState): void {
    const board = this.#tenants.get(tenantId);
    const here = board?.here.get(memberId);
    if (board === undefined || here === undefined) return;
    here.state = state;
    // Later than the choice it replaces, also where that was made by a clock that was ahead.
    here.chosenMs = Math.max(this.#options.clock.nowMs(), here.chosenMs + 1);
    board.dirty = true;
    this.#touch(tenantId);
  }

  /** Another node changed the tenant's leases. */
  changedElsewhere(tenantId: TenantId): void {
    if (this.#tenants.has(tenantId)) this.#touch(tenantId);
  }

  /** Keeps the counts of open conversations up to date from the log. */
  observe(tenantId: TenantId, events: readonly LogEvent[]): void {
    const board = this.#tenants.get(tenantId);
    if (board === undefined) return;
    for (const event of events) {
      if (event.type !== 'member.updated') continue;
      const member = event.data['member'] as Member;
      board.active.set(member.id, member.activeThreads);
    }
  }

  /**
   * Gives up all leases of this node without announcing it: connections that move to another node within seconds are
   * then never seen to leave.
   */
  async release(): Promise<void> {
    const shares = [...this.#tenants.keys()].map((tenantId) => ({ key: presenceKey(tenantId), leases: [] }));
    this.close();
    await syncLeases(this.#options.redis, this.#options.node, shares);
  }

  /** Stops all timers and renews nothing more. Remaining leases expire. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#renewing);
    for (const board of this.#tenants.values()) {
      if (board.timer !== null) clearTimeout(board.timer);
      for (const { leaving } of board.here.values()) if (leaving !== null) clearTimeout(leaving);
    }
    this.#tenants.clear();
  }

  #board(tenantId: TenantId): TenantBoard {
    let board = this.#tenants.get(tenantId);
    if (board === undefined) {
      board = new TenantBoard();
      this.#tenants.set(tenantId, board);
    }
    return board;
  }

  /** Runs at once, or when a second has passed since the last time. */
  #touch(tenantId: TenantId): void {
    const board = this.#tenants.get(tenantId);
    if (board === undefined || board.timer !== null) return;
    const waitMs = Math.max(0, board.lastSyncMs + COALESCE_MS - performance.now());
    board.timer = setTimeout(() => {
      board.timer = null;
      board.lastSyncMs = performance.now();
      board.syncing = (board.syncing ?? Promise.resolve()).then(() => this.#sync(tenantId, board));
    }, waitMs);
  }

  async #sync(tenantId: TenantId, board: TenantBoard): Promise<void> {
    const announce = board.dirty;
    board.dirty = false;
    const nowMs = performance.now();
    const full = nowMs - board.lastFullMs >= FULL_MS;
    if (full) await this.#count(tenantId, board);
    if (this.#closed) return;
    const before = board.known;
    board.known = foldPresence(await this.#leases(tenantId, board, announce));
    adoptChoices(board);
    if (announce) this.#options.announce(tenantId);
    if (full) board.lastFullMs = nowMs;
    this.#tell(tenantId, board, { before, full });
    if (board.here.size === 0) this.#tenants.delete(tenantId);
  }

  /** The live leases, or this node's own knowledge while Redis is away. */
  async #leases(tenantId: TenantId, board: TenantBoard, announce: boolean): Promise<readonly Lease[]> {
    const leases = [...board.here].map(([id, here]) => ({ id, value: encodePresence(here) }));
    try {
      const { redis, node } = this.#options;
      return await syncLease(redis, node, { key: presenceKey(tenantId), leases });
    } catch (error) {
      this.#options.log.warn({ err: error, tenantId }, 'Presence leases could not be renewed.');
      board.dirty ||= announce;
      const others = [...board.known].filter(([id]) => !board.here.has(id));
      return [...leases, ...others.map(([id, presence]) => ({ id, value: encodePresence(presence) }))];
    }
  }

  async #count(tenantId: TenantId, board: TenantBoard): Promise<void> {
    try {
      board.active = await activeThreads(this.#options.database, tenantId);
    } catch (error) {
      this.#options.log.warn({ err: error, tenantId }, 'Open conversations could not be counted.');
    }
  }

  #tell(
    tenantId: TenantId,
    board: TenantBoard,
    { before, full }: { before: TenantBoard['known']; full: boolean },
  ): void {
    if (full) {
      this.#options.emit(tenantId, wholeList(board));
      return;
    }
    const changed = [...board.known].filter(([id, presence]) => {
      const old = before.get(id);
      return old?.state !== presence.state || stateSinceMs(old) !== stateSinceMs(presence);
    });
    const gone = [...before].filter(([id]) => !board.known.has(id));
    const nowMs = this.#options.clock.nowMs();
    const left = gone.map(([id]): [MemberId, NodePresence] => [id, { state: 'offline', chosenMs: 0, sinceMs: nowMs }]);
    const members = [...changed, ...left].map((entry) => line(board, entry));
    if (members.length > 0) this.#options.emit(tenantId, { members, full: false });
  }
}

/** As of the last read, plus members who have connected here since. */
function wholeList(board: TenantBoard): Presence {
  const all = new Map<MemberId, NodePresence>([...board.here, ...board.known]);
  return { members: [...all].map((entry) => line(board, entry)), full: true };
}

/** Keeps a choice that was made on another node here too, so that it survives that connection. */
function adoptChoices(board: TenantBoard): void {
  for (const [memberId, here] of board.here) {
    const folded = board.known.get(memberId);
    if (folded === undefined || folded.chosenMs <= here.chosenMs) continue;
    here.state = folded.state;
    here.chosenMs = folded.chosenMs;
  }
}

function line(board: TenantBoard, [memberId, presence]: [MemberId, NodePresence]): Presence['members'][number] {
  return {
    memberId,
    state: presence.state,
    activeThreads: board.active.get(memberId) ?? 0,
    since: new Date(stateSinceMs(presence)).toISOString(),
  };
}
