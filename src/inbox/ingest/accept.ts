/** Makes a webhook durable before it is answered: on the stream, otherwise in Postgres, otherwise it is refused. */
import type { ProviderName } from '../../contract/entities.ts';
import type { Logger } from '../../platform/log.ts';
import { DatabaseBusyError, type Database } from '../../platform/postgres.ts';
import { streamKey, streamKeys, type StreamProducer } from '../../platform/stream.ts';
import { encodeEntry, INGEST_STREAM } from './entry.ts';
import { ShardChooser } from './shard-chooser.ts';
import { insertBody, insertBrokenBody, insertSpill, type BrokenBody, type SpillRow } from './spill.ts';

/**
 * Larger bodies wait in webhook_bodies and only their key goes on the stream, because Redis holds every entry in
 * memory.
 */
export const MAX_INLINE_BYTES = 256 * 1024;

/** An authentic webhook. `channelHint` only chooses the shard. */
export interface AcceptedWebhook {
  readonly provider: ProviderName;
  readonly channelHint: string | null;
  readonly auth: string;
  readonly receivedAtMs: number;
  readonly correlationId: string;
  readonly body: Buffer;
}

/** Neither store took it, or Postgres was needed and is away: the carrier must send it again. */
export class IngestUnavailableError extends Error {
  readonly code = 'INGEST_UNAVAILABLE';
  constructor(cause: unknown) {
    super('The webhook could not be made durable.', { cause });
    this.name = 'IngestUnavailableError';
  }
}

/** The stores a webhook may end in. */
export interface AcceptDeps {
  readonly producer: Pick<StreamProducer, 'append' | 'lengths' | 'isOneServer'>;
  /** Connected as the owner. */
  readonly db: Database;
  readonly shards: number;
  readonly log: Logger;
}

/** Together with the spill this stays below the 2 s within which a webhook is always answered. */
const APPEND_DEADLINE_MS = 700;
/** A body of 20 MB takes a busy disk a second. If Redis is frozen as well, the caller's deadline ends it. */
const BODY_DEADLINE_MS = 1200;
const SPILL_DEADLINE_MS = 600;
/**
 * After a failed append, webhooks go straight to Postgres for this long, instead of each waiting for a frozen Redis. On a
 * cluster only those of the same shard: the others may well be taking theirs.
 */
const REST_MS = 500;
/** Most rows of one spill statement. */
const MAX_SPILL_ROWS = 500;
const MAX_SPILL_BYTES = 8 * 1024 * 1024;
/** Memory that waiting spills may take; beyond it webhooks are refused. */
const MAX_WAITING_BYTES = 96 * 1024 * 1024;

/** Longest time between two webhooks while carriers are considered active. */
const PAUSE_MS = 1000;

/** The gateway's side of ingest. One per process. */
export class IngestGate {
  readonly #deps: AcceptDeps;
  readonly #spill: SpillQueue;
  readonly #chooser: ShardChooser;
  readonly #restUntilMs = new Map<number, number>();
  #lastMs = -Infinity;

  constructor(deps: AcceptDeps) {
    this.#deps = deps;
    this.#spill = new SpillQueue(deps.db);
    const keys = streamKeys(INGEST_STREAM, deps.shards);
    this.#chooser = new ShardChooser({
      shards: deps.shards,
      lengths: () => deps.producer.lengths(keys),
      nowMs: () => performance.now(),
    });
  }

  /**
   * Resolves within 2 s, once the webhook would survive a crash of everything. Rejects with IngestUnavailableError. The
   * webhook may be stored twice (an append whose answer is late counts as failed); its effect is idempotent.
   */
  async accept(webhook: AcceptedWebhook): Promise<void> {
    this.#lastMs = performance.now();
    const shard = this.#chooser.choose(`${webhook.provider}${webhook.channelHint ?? ''}`);
    const bodyKey = webhook.body.length > MAX_INLINE_BYTES ? await this.#storeBody(webhook.body) : null;
    const append = (): Promise<boolean> => this.#append(webhook, shard, bodyKey);
    const resting = this.#isResting(shard);
    if (!resting && (await append())) return;
    try {
      await this.#spill.add({ ...webhook, shard });
    } catch (error) {
      if (resting && (await append())) return;
      throw new IngestUnavailableError(error);
    }
  }

  /** True while webhooks arrive, at least one a second. */
  isTaking(): boolean {
    return performance.now() - this.#lastMs < PAUSE_MS;
  }

  /** Keeps an authentic body that cannot be parsed. Rejects with IngestUnavailableError. */
  async keepBroken(broken: BrokenBody): Promise<void> {
    try {
      await insertBrokenBody(this.#deps.db, broken, SPILL_DEADLINE_MS);
    } catch (error) {
      throw new IngestUnavailableError(error);
    }
  }

  async #storeBody(body: Buffer): Promise<string> {
    try {
      return await insertBody(this.#deps.db, body, BODY_DEADLINE_MS);
    } catch (error) {
      throw new IngestUnavailableError(error);
    }
  }

  /** False when Redis did not take it: away, late, or out of memory (`noeviction` refuses writes). */
  async #append(webhook: AcceptedWebhook, shard: number, bodyKey: string | null): Promise<boolean> {
    const { provider, auth, receivedAtMs, correlationId } = webhook;
    const body = bodyKey === null ? webhook.body : null;
    const fields = encodeEntry({ provider, auth, receivedAtMs, correlationId, body, bodyKey });
    try {
      await this.#deps.producer.append(streamKey(INGEST_STREAM, shard), fields, APPEND_DEADLINE_MS);
      return true;
    } catch (error) {
      // One log line for each rest, not one per webhook.
      if (!this.#isResting(shard))
        this.#deps.log.warn(
          { err: error, shard, correlationId },
          'Redis does not take webhooks; they wait in Postgres.',
        );
      this.#restUntilMs.set(this.#resterOf(shard), performance.now() + REST_MS);
      return false;
    }
  }

  #isResting(shard: number): boolean {
    return performance.now() < (this.#restUntilMs.get(this.#resterOf(shard)) ?? -Infinity);
  }

  /** The shard that stands for all that rest together with this one. */
  #resterOf(shard: number): number {
    return this.#deps.producer.isOneServer ? 0 : shard;
  }
}

interface Waiting {
  readonly row: SpillRow;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Combines the spills of one turn of the event loop, and those that arrive while a statement runs, into few statements.
 */
class SpillQueue {
  readonly #db: Database;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #flushing = false;

  constructor(db: Database) {
    this.#db = db;
  }

  async add(row: SpillRow): Promise<void> {
    if (this.#bytes + row.body.length > MAX_WAITING_BYTES) throw new DatabaseBusyError('ingest.spill');
    this.#bytes += row.body.length;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push({ row, resolve, reject });
        if (!this.#flushing) this.#schedule();
      });
    } finally {
      this.#bytes -= row.body.length;
    }
  }

  #schedule(): void {
    this.#flushing = true;
    setImmediate(() => {
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const batch = this.#take();
    try {
      await insertSpill(
        this.#db,
        batch.map(({ row }) => row),
        SPILL_DEADLINE_MS,
      );
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      // Those that arrived meanwhile have waited as long: one attempt decides for all.
      for (const { reject } of [...batch, ...this.#waiting.splice(0)]) reject(reason);
    }
    this.#flushing = false;
    if (this.#waiting.length > 0) this.#schedule();
  }

  #take(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { row } of this.#waiting.slice(0, MAX_SPILL_ROWS)) {
      if (count > 0 && bytes + row.body.length > MAX_SPILL_BYTES) break;
      bytes += row.body.length;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
