/** Which threads of a tenant are open on any node: for connections that have just come, and for what a killed node leaves. */
import type { TenantId, ThreadId } from '../contract/ids.ts';
import { addLease, syncLease, syncLeases, type Lease } from '../inbox/presence/lease-set.ts';
import { foldViewed, viewedKey, viewedLease } from '../inbox/presence/viewing.ts';
import type { Logger } from '../platform/log.ts';
import type { VolatileRedis } from '../platform/redis.ts';

/** A thread that somebody has open. */
export interface ViewedThread {
  readonly tenantId: TenantId;
  readonly threadId: ThreadId;
  readonly assigneeId: string | null;
}

interface ViewedThreadsOptions {
  readonly node: string;
  readonly redis: VolatileRedis;
  readonly log: Logger;
  /** Threads of the tenant that are open on this node. */
  readonly openHere: (tenantId: TenantId) => readonly ViewedThread[];
}

/** Threads that somebody has open, with their assignees. */
type Viewed = ReadonlyMap<ThreadId, string | null>;

/** Holds what anybody had open at the last renewal, for the tenants of that renewal. */
export class ViewedThreads {
  readonly #options: ViewedThreadsOptions;
  #last = new Map<TenantId, Viewed>();

  constructor(options: ViewedThreadsOptions) {
    this.#options = options;
  }

  /** Lists the thread for connections to other nodes before the next renewal. Never rejects. */
  async list(thread: ViewedThread): Promise<void> {
    const { redis, node, log } = this.#options;
    try {
      await addLease(redis, node, viewedKey(thread.tenantId), viewedLease(thread));
    } catch (error) {
      log.warn({ err: error, tenantId: thread.tenantId }, 'A thread that was opened could not be listed.');
    }
  }

  /** Threads of the tenant that are open anywhere. Rejects when Redis is away. */
  async findOpen(tenantId: TenantId): Promise<Viewed> {
    const { redis, node } = this.#options;
    const open = foldViewed(await syncLease(redis, node, this.#shareOf(tenantId)));
    // A thread that closes during this is then missed at the next renewal, which finds it abandoned.
    this.#last.set(tenantId, new Map([...(this.#last.get(tenantId) ?? []), ...open]));
    return open;
  }

  /**
   * Renews this node's part, and returns the threads that nobody has open any more though no node said so: the node
   * that had them open was killed. Rejects when Redis is away.
   */
  async findAbandoned(tenants: readonly TenantId[]): Promise<ViewedThread[]> {
    const { redis, node } = this.#options;
    const alive = await syncLeases(
      redis,
      node,
      tenants.map((tenantId) => this.#shareOf(tenantId)),
    );
    const before = this.#last;
    this.#last = new Map(tenants.map((id, index) => [id, this.#read(id, alive[index])]));
    return [...before].flatMap(([tenantId, threads]) => {
      const now = this.#last.get(tenantId);
      if (now === undefined) return [];
      const gone = [...threads].filter(([threadId]) => !now.has(threadId));
      return gone.map(([threadId, assigneeId]) => ({ tenantId, threadId, assigneeId }));
    });
  }

  /** What is not known, as the master that has it is away, stays as it was. */
  #read(tenantId: TenantId, leases: readonly Lease[] | null | undefined): Viewed {
    return leases == null ? (this.#last.get(tenantId) ?? new Map()) : foldViewed(leases);
  }

  #shareOf(tenantId: TenantId): { readonly key: string; readonly leases: Lease[] } {
    return { key: viewedKey(tenantId), leases: this.#options.openHere(tenantId).map(viewedLease) };
  }
}
