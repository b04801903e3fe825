/** Tells new connections who is viewing what; everybody else was told when it changed. */
import type { TenantId, ThreadId } from '../contract/ids.ts';
import type { Viewing } from '../contract/socket.ts';
import type { View } from '../inbox/audience.ts';
import type { Caller } from '../inbox/command.ts';
import { readAllLeases } from '../inbox/presence/lease-set.ts';
import { foldViewers, viewingKey } from '../inbox/presence/viewing.ts';
import type { Logger } from '../platform/log.ts';
import type { VolatileRedis } from '../platform/redis.ts';

/** Connections that arrive within this time are told together. */
const GREET_MS = 250;
/** With more open threads than that, a new connection has to wait until their leases are renewed. */
const MAX_GREETED = 500;

/** A connection that has just gone live. `view` is what it may see at this moment. */
export interface Newcomer {
  readonly caller: Caller;
  view(): View;
  showViewing(frame: Viewing): void;
}

interface GreeterOptions {
  readonly redis: VolatileRedis;
  readonly log: Logger;
  /** Threads of a tenant that are open on any node, with their assignees. */
  readonly findOpen: (tenantId: TenantId) => Promise<ReadonlyMap<ThreadId, string | null>>;
}

/** Methods are synchronous and never throw. */
export class Greeter {
  readonly #options: GreeterOptions;
  readonly #waiting = new Map<TenantId, Newcomer[]>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: GreeterOptions) {
    this.#options = options;
  }

  greet(newcomer: Newcomer): void {
    const { tenantId } = newcomer.caller;
    const waiting = this.#waiting.get(tenantId);
    if (waiting !== undefined) {
      waiting.push(newcomer);
      return;
    }
    this.#waiting.set(tenantId, [newcomer]);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void this.#tell(tenantId);
    }, GREET_MS);
    this.#timers.add(timer);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#waiting.clear();
  }

  async #tell(tenantId: TenantId): Promise<void> {
    const { redis, log, findOpen } = this.#options;
    const newcomers = this.#waiting.get(tenantId) ?? [];
    this.#waiting.delete(tenantId);
    try {
      const open = [...(await findOpen(tenantId))].slice(0, MAX_GREETED);
      const leases = await readAllLeases(
        redis,
        open.map(([threadId]) => viewingKey(tenantId, threadId)),
      );
      for (const [index, [threadId, assigneeId]] of open.entries()) {
        const held = leases[index];
        // The lease's master is away: nodes with the thread open announce it again when that is back.
        if (held == null) continue;
        const members = foldViewers(held);
        const seers = newcomers.filter((newcomer) => newcomer.view()(assigneeId));
        for (const newcomer of seers) newcomer.showViewing({ threadId, members });
      }
    } catch (error) {
      log.warn({ err: error, tenantId }, 'Who views what could not be told to who came.');
    }
  }
}
