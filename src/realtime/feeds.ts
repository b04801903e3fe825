/**
 * All tenants with live connections on this node: one hint subscription, one poll and one check of rights for all of
 * them.
 */
import type { TenantId } from '../contract/ids.ts';
import { decodeHints, eventsOf, type LoggedRun, type OwnHints } from '../inbox/hints.ts';
import { checkGrants, type CheckedGrant } from '../inbox/team/live-member.ts';
import { WrittenEvent } from '../inbox/written-event.ts';
import type { Metrics } from '../platform/metrics.ts';
import type { Database } from '../platform/postgres.ts';
import { TenantFeed, type FeedOptions } from './tenant-feed.ts';

/** Jittered, with time left for the read that follows: what no hint announced must take effect within 2 s. */
const POLL_MS = { least: 1300, spread: 400 };
const FLUSH_MS = 1000;
const CHECK_MS = 30_000;
/** A feed stays this long after its last connection, so that a short disconnect is resumed from memory. */
const IDLE_MS = 60_000;

/** Calls `handler` with each message of the hint channel; the returned function ends it. Messages may be lost. */
export type HintSource = (handler: (message: Buffer) => void) => () => void;

/** `database` is for the check of rights. */
export interface FeedsOptions extends FeedOptions {
  readonly metrics: FeedOptions['metrics'] & Pick<Metrics, 'realtimeHintsHeard'>;
  readonly database: Database;
  readonly hints: HintSource;
  /** Hints of this node's own commits. */
  readonly ownHints: OwnHints;
}

/** Starts its timers when made; `close` ends them. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<TenantId, TenantFeed>();
  readonly #opening = new Map<TenantId, Promise<TenantFeed | null>>();
  readonly #stops: (() => void)[];
  #polling: NodeJS.Timeout;
  #closed = false;

  constructor(options: FeedsOptions) {
    this.#options = options;
    const every = (ms: number, work: () => void): (() => void) => {
      const timer = setInterval(work, ms);
      return () => {
        clearInterval(timer);
      };
    };
    this.#polling = this.#pollLater();
    options.ownHints.listen((runs) => this.#onCommitted(runs));
    this.#stops = [
      options.hints((message) => {
        if (!options.ownHints.isEcho(message)) this.#onHints(message);
      }),
      every(FLUSH_MS, () => {
        this.#flush();
      }),
      every(CHECK_MS, () => {
        void this.#guard('Checking the rights of connected members failed.', this.checkRights());
      }),
    ];
  }

  /** The tenant's feed, opened when needed; null when there is no such tenant. Rejects as Database calls do. */
  async open(tenantId: TenantId): Promise<TenantFeed | null> {
    const known = this.#feeds.get(tenantId);
    if (known !== undefined) return known;
    let opening = this.#opening.get(tenantId);
    if (opening === undefined) {
      opening = this.#open(tenantId).finally(() => this.#opening.delete(tenantId));
      this.#opening.set(tenantId, opening);
    }
    return await opening;
  }

  /** Feeds that are open now. */
  all(): Iterable<TenantFeed> {
    return this.#feeds.values();
  }

  /** Tenants whose feeds are open now. */
  tenantIds(): Iterable<TenantId> {
    return this.#feeds.keys();
  }

  /** Compares the rights of every connected member with the database, in one query, and applies differences. */
  async checkRights(): Promise<void> {
    const seen = new Map([...this.#feeds.values()].map((feed) => [feed.tenantId, feed.rightsSeen]));
    const members = [...this.#feeds.values()].flatMap((feed) =>
      [...new Set([...feed.subscribers].map((one) => one.caller.memberId))].map((memberId) => ({
        tenantId: feed.tenantId,
        memberId,
      })),
    );
    if (members.length === 0) return;
    const rows = await checkGrants(this.#options.database, members);
    const found = new Map(rows.map((row) => [`${row.tenantId} ${row.memberId}`, row]));
    for (const { tenantId, memberId } of members) {
      const feed = this.#feeds.get(tenantId);
      // The log has changed rights meanwhile, which is newer than what was read.
      if (feed === undefined || feed.rightsSeen !== seen.get(tenantId)) continue;
      applyRow(feed, memberId, found.get(`${tenantId} ${memberId}`));
      seen.set(tenantId, feed.rightsSeen);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#polling);
    for (const stop of this.#stops) stop();
    for (const feed of this.#feeds.values()) feed.close();
    this.#feeds.clear();
  }

  async #open(tenantId: TenantId): Promise<TenantFeed | null> {
    const feed = await TenantFeed.open(tenantId, this.#options);
    if (feed !== null) this.#feeds.set(tenantId, feed);
    return feed;
  }

  /**
   * False if the hint has to come through Redis: behind other processes' hints that it follows, or because a feed may
   * be open by then.
   */
  #onCommitted(runs: readonly LoggedRun[]): boolean {
    const untold = runs.filter((run) => {
      const feed = this.#feeds.get(run.tenantId);
      if (feed === undefined) return this.#opening.has(run.tenantId);
      return !feed.tailer.takeOn(run, () => run.events.map(({ event }) => new WrittenEvent(event)));
    });
    return untold.length === 0;
  }

  #onHints(message: Buffer): void {
    for (const hint of decodeHints(message)) {
      this.#options.metrics.realtimeHintsHeard.inc();
      try {
        this.#feeds.get(hint.tenantId)?.tailer.onHint(hint, () => eventsOf(hint));
      } catch (error) {
        this.#options.log.warn({ err: error, tenantId: hint.tenantId }, 'A hint that cannot be read was dropped.');
      }
    }
  }

  /** One poll at a time: a slow database must not get more of them. */
  #pollLater(): NodeJS.Timeout {
    const waitMs = POLL_MS.least + Math.random() * POLL_MS.spread;
    return setTimeout(() => {
      void this.#guard('Polling the event logs failed.', this.#poll()).then(() => {
        if (!this.#closed) this.#polling = this.#pollLater();
      });
    }, waitMs);
  }

  async #poll(): Promise<void> {
    this.#dropIdle();
    const tenantIds = [...this.#feeds.keys()];
    if (tenantIds.length === 0) return;
    const askedMs = performance.now();
    const heads = await this.#options.reader.heads(tenantIds);
    for (const head of heads) this.#feeds.get(head.tenantId)?.tailer.onHead(head, askedMs);
    const alive = new Set(heads.map((head) => head.tenantId));
    for (const tenantId of tenantIds) if (!alive.has(tenantId)) this.#endTenant(tenantId);
  }

  /** The tenant was deleted. */
  #endTenant(tenantId: TenantId): void {
    const feed = this.#feeds.get(tenantId);
    if (feed === undefined) return;
    for (const subscriber of [...feed.subscribers]) {
      feed.remove(subscriber);
      subscriber.end('revoked');
    }
    feed.close();
    this.#feeds.delete(tenantId);
  }

  #dropIdle(): void {
    const nowMs = performance.now();
    for (const [tenantId, feed] of this.#feeds) {
      if (feed.idleSinceMs === null || nowMs - feed.idleSinceMs < IDLE_MS) continue;
      feed.close();
      this.#feeds.delete(tenantId);
    }
  }

  #flush(): void {
    for (const feed of this.#feeds.values()) feed.flush();
  }

  async #guard(message: string, work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => {
      this.#options.log.warn({ err: error }, message);
    });
  }
}

function applyRow(feed: TenantFeed, memberId: string, row: CheckedGrant | undefined): void {
  const gone = { kind: 'member', memberId, role: 'agent', version: Number.MAX_SAFE_INTEGER, removed: true } as const;
  if (row === undefined) {
    feed.applyChange(gone);
    return;
  }
  feed.applyChange({ kind: 'member', memberId, role: row.role, version: row.version, removed: row.removed });
  feed.applyChange({ kind: 'tenant', agentVisibility: row.agentVisibility });
  feed.applyChange({ kind: 'sessions', memberId, generation: row.generation, kept: row.kept });
}
