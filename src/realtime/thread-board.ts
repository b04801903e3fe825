/** Viewing and typing on this node: keeps the leases of threads open here, and tells members who may see the thread. */
import type { MemberId, TenantId, ThreadId } from '../contract/ids.ts';
import type { LogEvent, ThreadSignal } from '../contract/jobs.ts';
import type { Caller } from '../inbox/command.ts';
import type { View } from '../inbox/audience.ts';
import { LEASE_RENEW_MS, readLeases, syncLease, syncLeases, type Lease } from '../inbox/presence/lease-set.ts';
import { encodeViewer, foldViewers, viewingKey } from '../inbox/presence/viewing.ts';
import { steadyClock, type Clock } from '../lib/clock.ts';
import type { Logger } from '../platform/log.ts';
import type { VolatileRedis } from '../platform/redis.ts';
import { Greeter, type Newcomer } from './greeter.ts';
import { RecentAssignees } from './recent-assignees.ts';
import { threadRooms } from './rooms.ts';
import { ViewedThreads } from './viewed-threads.ts';

/** A member counts as typing for this long after the last sign of it. */
export const TYPING_MS = 6000;
/** Threads one connection may have open; beyond that the oldest is closed. */
const MAX_OPEN = 20;

/** What the board needs of a connection. `view` is what it may see at this moment. */
export interface Reader {
  readonly id: string;
  readonly caller: Caller;
  view(): View;
}

/** `emit` reaches connections on all nodes, except slow ones. */
export interface ThreadBoardOptions {
  readonly node: string;
  readonly redis: VolatileRedis;
  readonly clock: Clock;
  readonly log: Logger;
  readonly emit: (signal: ThreadSignal) => void;
  /** Tenants with connections on this node. */
  readonly tenants: () => Iterable<TenantId>;
}

/** A thread as commands name it, with its current assignee. */
export interface ThreadRef {
  readonly threadId: ThreadId;
  readonly assigneeId: string | null;
}

interface OpenThread {
  readonly tenantId: TenantId;
  readonly threadId: ThreadId;
  assigneeId: string | null;
  readonly readers: Map<Reader, number>;
  readonly replyingUntilMs: Map<MemberId, number>;
  shown: string;
  busy: Promise<void> | null;
  again: boolean;
}

/** Methods are synchronous and never throw. */
export class ThreadBoard {
  readonly #options: ThreadBoardOptions;
  readonly #open = new Map<string, OpenThread>();
  readonly #byReader = new Map<Reader, Set<OpenThread>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #greeter: Greeter;
  readonly #recent: RecentAssignees;
  readonly #viewed: ViewedThreads;
  readonly #renewing: NodeJS.Timeout;
  #stopped = false;

  constructor(options: ThreadBoardOptions) {
    this.#options = options;
    const { node, redis, log } = options;
    this.#recent = new RecentAssignees(steadyClock);
    const openHere = (tenantId: TenantId): OpenThread[] =>
      [...this.#open.values()].filter((thread) => thread.tenantId === tenantId);
    this.#viewed = new ViewedThreads({ node, redis, log, openHere });
    this.#greeter = new Greeter({ redis, log, findOpen: (tenantId) => this.#viewed.findOpen(tenantId) });
    this.#renewing = setInterval(() => {
      for (const thread of this.#open.values()) this.#sync(thread);
      void this.#tellAbandoned();
    }, LEASE_RENEW_MS);
  }

  open(reader: Reader, { threadId, assigneeId: said }: ThreadRef): void {
    const { tenantId } = reader.caller;
    const key = viewingKey(tenantId, threadId);
    const assigneeId = this.#recent.newest(key, said);
    // The rights may have changed since the command was authorised.
    if (!reader.view()(assigneeId)) return;
    let thread = this.#open.get(key);
    if (thread === undefined) {
      const fresh = { shown: '', busy: null, again: false, readers: new Map(), replyingUntilMs: new Map() };
      thread = { tenantId, threadId, assigneeId, ...fresh };
      this.#open.set(key, thread);
      void this.#viewed.list(thread);
    }
    thread.assigneeId = assigneeId;
    if (!thread.readers.has(reader)) thread.readers.set(reader, this.#options.clock.nowMs());
    const threads = this.#byReader.get(reader) ?? new Set();
    this.#byReader.set(reader, threads.add(thread));
    const oldest = threads.size > MAX_OPEN ? [...threads][0] : undefined;
    if (oldest !== undefined) this.#close(reader, oldest);
    // A new viewer needs to know who else is there, even if others were told before.
    thread.shown = '';
    this.#sync(thread);
  }

  /** Tells a connection that has just gone live who views what. */
  greet(newcomer: Newcomer): void {
    if (!this.#stopped) this.#greeter.greet(newcomer);
  }

  close(reader: Reader, threadId: ThreadId): void {
    const thread = this.#open.get(viewingKey(reader.caller.tenantId, threadId));
    if (thread !== undefined) this.#close(reader, thread);
  }

  /** The connection ended. */
  gone(reader: Reader): void {
    for (const thread of this.#byReader.get(reader) ?? []) this.#close(reader, thread);
    this.#byReader.delete(reader);
  }

  /** The connection's rights changed: threads it may not see any more are closed for it. */
  recheck(reader: Reader): void {
    const view = reader.view();
    for (const thread of this.#byReader.get(reader) ?? []) {
      if (!view(thread.assigneeId)) this.#close(reader, thread);
    }
  }

  typing(reader: Reader, { threadId, assigneeId: said }: ThreadRef, on: boolean): void {
    const { tenantId, memberId } = reader.caller;
    const key = viewingKey(tenantId, threadId);
    const assigneeId = this.#recent.newest(key, said);
    const untilMs = this.#options.clock.nowMs() + (on ? TYPING_MS : 0);
    const by = { type: 'member', id: memberId } as const;
    const frame = { threadId, by, typing: on, until: new Date(untilMs).toISOString() };
    this.#options.emit({ name: 'typing', rooms: threadRooms(tenantId, assigneeId), except: reader.id, frame });
    const thread = this.#open.get(key);
    if (thread?.readers.has(reader) !== true) return;
    if (on) thread.replyingUntilMs.set(memberId, performance.now() + TYPING_MS);
    else thread.replyingUntilMs.delete(memberId);
    this.#sync(thread);
    if (on) this.#later(thread, TYPING_MS + 50);
  }

  /** Follows assignments: from now on the thread's signals go to the members who may see it now. */
  observe(tenantId: TenantId, events: readonly LogEvent[]): void {
    for (const event of events) {
      const isHandedOn = event.assigneeBefore !== event.assigneeAfter;
      if (event.threadId === null || (!isHandedOn && this.#open.size === 0)) continue;
      const key = viewingKey(tenantId, event.threadId);
      if (isHandedOn) this.#recent.note(key, event.assigneeAfter);
      const thread = this.#open.get(key);
      if (thread === undefined || thread.assigneeId === event.assigneeAfter) continue;
      thread.assigneeId = event.assigneeAfter;
      thread.shown = '';
      for (const reader of [...thread.readers.keys()]) {
        if (!reader.view()(event.assigneeAfter)) this.#close(reader, thread);
      }
      this.#sync(thread);
    }
  }

  /** Gives up this node's leases. */
  async release(): Promise<void> {
    const shares = [...this.#open.keys()].map((key) => ({ key, leases: [] }));
    this.stop();
    await syncLeases(this.#options.redis, this.#options.node, shares);
  }

  /** Stops all timers and renews nothing more. Remaining leases expire. */
  stop(): void {
    this.#stopped = true;
    clearInterval(this.#renewing);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#greeter.stop();
    this.#open.clear();
    this.#byReader.clear();
  }

  #close(reader: Reader, thread: OpenThread): void {
    if (!thread.readers.delete(reader)) return;
    this.#byReader.get(reader)?.delete(thread);
    const { memberId } = reader.caller;
    const elsewhere = [...thread.readers.keys()].some((other) => other.caller.memberId === memberId);
    if (!elsewhere) thread.replyingUntilMs.delete(memberId);
    this.#sync(thread);
  }

  #later(thread: OpenThread, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (thread.readers.size > 0) this.#sync(thread);
    }, ms);
    this.#timers.add(timer);
  }

  /** Tells of threads that were open on a node which was killed: the leases say nobody, unless somebody has just opened one again. */
  async #tellAbandoned(): Promise<void> {
    try {
      for (const { tenantId, threadId, assigneeId } of await this.#viewed.findAbandoned([...this.#options.tenants()])) {
        const key = viewingKey(tenantId, threadId);
        const members = foldViewers(await readLeases(this.#options.redis, key));
        const rooms = threadRooms(tenantId, this.#recent.newest(key, assigneeId));
        this.#options.emit({ name: 'viewing', rooms, except: null, frame: { threadId, members } });
      }
    } catch (error) {
      this.#options.log.warn({ err: error }, 'The threads that are open elsewhere could not be read.');
    }
  }

  /** One update at a time per thread; changes meanwhile cause one more. */
  #sync(thread: OpenThread): void {
    if (this.#stopped) return;
    if (thread.busy !== null) {
      thread.again = true;
      return;
    }
    thread.busy = this.#exchange(thread).finally(() => {
      thread.busy = null;
      if (thread.again) {
        thread.again = false;
        this.#sync(thread);
      } else if (thread.readers.size === 0) this.#open.delete(viewingKey(thread.tenantId, thread.threadId));
    });
  }

  async #exchange(thread: OpenThread): Promise<void> {
    const leases = this.#leases(thread);
    const key = viewingKey(thread.tenantId, thread.threadId);
    let alive: readonly Lease[] = leases;
    try {
      alive = await syncLease(this.#options.redis, this.#options.node, { key, leases });
    } catch (error) {
      this.#options.log.warn({ err: error, tenantId: thread.tenantId }, 'Viewing leases could not be renewed.');
    }
    const members = foldViewers(alive);
    const shown = JSON.stringify(members);
    if (shown === thread.shown) return;
    thread.shown = shown;
    const rooms = threadRooms(thread.tenantId, thread.assigneeId);
    this.#options.emit({ name: 'viewing', rooms, except: null, frame: { threadId: thread.threadId, members } });
  }

  /** One lease per member with the thread open here. */
  #leases(thread: OpenThread): Lease[] {
    const nowMs = performance.now();
    const since = new Map<MemberId, number>();
    for (const [{ caller }, sinceMs] of thread.readers) {
      since.set(caller.memberId, Math.min(sinceMs, since.get(caller.memberId) ?? Infinity));
    }
    return [...since].map(([id, sinceMs]) => {
      const replying = (thread.replyingUntilMs.get(id) ?? 0) > nowMs;
      return { id, value: encodeViewer({ state: replying ? 'replying' : 'viewing', sinceMs }) };
    });
  }
}
