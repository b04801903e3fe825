/** Who has a thread open, and who is writing in it. */
import type { MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Viewing } from '../../contract/socket.ts';
import type { Lease } from './lease-set.ts';

/**
 * Hash of leases (lease-set.ts) for one thread, id = member. Written by every gateway on which the thread is open, on
 * changes and every 7 s; read in the same call. A lease expires 22 s after its node stops renewing it, and ends at once
 * when the member closes the thread, may no longer see it, disconnects, or the node drains.
 */
export function viewingKey(tenantId: TenantId, threadId: ThreadId): string {
  return `hunfly:viewing:{${tenantId}}:${threadId}`;
}

/**
 * Hash of leases (lease-set.ts), id = thread, value = its assignee or `-`: all threads that anybody has open. Written
 * by every gateway with connections of the tenant every 7 s and read in the same call, so that other gateways can tell
 * their clients when a node with an open thread was killed. A lease expires 22 s after its node stops renewing it.
 */
export function viewedKey(tenantId: TenantId): string {
  return `hunfly:viewed:{${tenantId}}`;
}

const NOBODY = '-';

/** Lease of a thread that somebody has open. */
export function viewedLease(thread: { readonly threadId: ThreadId; readonly assigneeId: string | null }): Lease {
  return { id: thread.threadId, value: thread.assigneeId ?? NOBODY };
}

/** Threads that are open with their assignees, each once, on however many nodes it is open. Pure. */
export function foldViewed(leases: readonly Lease[]): Map<ThreadId, string | null> {
  return new Map(leases.map(({ id, value }) => [id as ThreadId, value === NOBODY ? null : value]));
}

/** What one member does in a thread, on one node. */
export interface Viewer {
  readonly state: 'viewing' | 'replying';
  readonly sinceMs: number;
}

/** Lease value of a viewer. */
export function encodeViewer(viewer: Viewer): string {
  return `${viewer.state} ${String(viewer.sinceMs)}`;
}

/**
 * All viewers of a thread, one entry per member, in the order in which they came. Replying on any device counts as
 * replying. Pure.
 */
export function foldViewers(leases: readonly Lease[]): Viewing['members'] {
  const found = new Map<string, Viewer>();
  for (const { id, value } of leases) {
    const [state = '', since = ''] = value.split(' ');
    const known = found.get(id);
    const sinceMs = Math.min(Number(since), known?.sinceMs ?? Infinity);
    const replying = state === 'replying' || known?.state === 'replying';
    if (Number.isFinite(sinceMs)) found.set(id, { state: replying ? 'replying' : 'viewing', sinceMs });
  }
  return [...found]
    .sort(([a, { sinceMs: x }], [b, { sinceMs: y }]) => x - y || a.localeCompare(b))
    .map(([id, { state, sinceMs }]) => ({ memberId: id as MemberId, state, since: new Date(sinceMs).toISOString() }));
}
