/** Chooses the shard of a webhook: its channel's home, unless another channel's backlog is in the way there. */
import { shardOf } from '../../lib/hash.ts';

/** `lengths`: entries waiting per shard, in order; may reject. `nowMs` is monotonic. */
export interface ShardChooserDeps {
  readonly shards: number;
  readonly lengths: () => Promise<readonly number[]>;
  readonly nowMs: () => number;
}

/** More than two reads of a worker: a new entry would have to wait for what others wrote. */
export const CROWDED = 400;
/** Number of alternative shards of a channel; each channel has its own set, so that those that move spread out. */
const REFUGES = 3;
const LOOK_EVERY_MS = 500;
/** Votes from which a channel counts as the one that fills its shard, and the most it can have. */
const LOUD_VOTES = 100;
const MOST_VOTES = 1000;

interface Majority {
  channel: string;
  votes: number;
}

/**
 * The channel that fills a shard stays there; all others leave while it is crowded. A worker reads a bounded number of
 * entries of each shard at a time, so only the channel that caused the backlog is held up. Entries of a channel that
 * moves may overtake its earlier ones, which is harmless: every effect of ingest commutes, and a thread is sorted by
 * `position`. One per process.
 */
export class ShardChooser {
  readonly #deps: ShardChooserDeps;
  /** Per home shard, the channel that most of the recent webhooks belong to (Boyer and Moore's majority vote). */
  readonly #majorities: Majority[];
  #lengths: readonly number[] = [];
  #lookedMs = -Infinity;

  constructor(deps: ShardChooserDeps) {
    this.#deps = deps;
    this.#majorities = Array.from({ length: deps.shards }, () => ({ channel: '', votes: 0 }));
  }

  /**
   * `channel` contains provider and number. Never waits: backlogs are looked up in the background, at most twice a
   * second.
   */
  choose(channel: string): number {
    this.#look();
    const home = shardOf(channel, this.#deps.shards);
    const isLoud = this.#vote(channel, home);
    if (isLoud || !this.#isCrowded(home)) return home;
    for (let turn = 1; turn <= REFUGES; turn += 1) {
      const refuge = shardOf(`${channel} ${String(turn)}`, this.#deps.shards);
      if (!this.#isCrowded(refuge)) return refuge;
    }
    return home;
  }

  #isCrowded(shard: number): boolean {
    return (this.#lengths[shard] ?? 0) > CROWDED;
  }

  /** True for the channel that fills the shard. */
  #vote(channel: string, shard: number): boolean {
    const majority = this.#majorities[shard];
    if (majority === undefined) return false;
    if (majority.channel === channel) majority.votes = Math.min(MOST_VOTES, majority.votes + 1);
    else if (majority.votes > 0) majority.votes -= 1;
    else Object.assign(majority, { channel, votes: 1 });
    return majority.channel === channel && majority.votes >= LOUD_VOTES;
  }

  #look(): void {
    const nowMs = this.#deps.nowMs();
    if (nowMs < this.#lookedMs + LOOK_EVERY_MS) return;
    this.#lookedMs = nowMs;
    this.#deps.lengths().then(
      (lengths) => {
        this.#lengths = lengths;
      },
      () => {
        // Redis is away and accepts nothing anyway.
        this.#lengths = [];
      },
    );
  }
}
