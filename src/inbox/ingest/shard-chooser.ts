/** Which shard a webhook goes to: its channel's home, unless the backlog of somebody else stands in its way there. */
import { shardOf } from '../../lib/hash.ts';

/** `lengths`: entries waiting per shard, in their order; may reject. `nowMs` is monotonic. */
export interface ShardChooserDeps {
  readonly shards: number;
  readonly lengths: () => Promise<readonly number[]>;
  readonly nowMs: () => number;
}

/** More than two reads of a worker: whoever comes now waits behind what others wrote. */
export const CROWDED = 400;
/** Homes that a channel may move to, of its own so that those who leave do not meet. */
const REFUGES = 3;
const LOOK_EVERY_MS = 500;
/** Votes from which a channel is taken for the one that fills its shard, and most it can have. */
const LOUD_VOTES = 100;
const MOST_VOTES = 1000;

interface Majority {
  channel: string;
  votes: number;
}

/**
 * Who fills a shard stays there, all others leave it while it is crowded: a worker reads a bounded number of entries of
 * each shard at a time, so that only those are held up who caused it. What of a channel was on the way overtakes what
 * was before; every effect of ingest commutes, and a thread is sorted by `position`. One per process.
 */
export class ShardChooser {
  readonly #deps: ShardChooserDeps;
  /** Per home shard the channel that most of the latest webhooks were of (Boyer and Moore's majority vote). */
  readonly #majorities: Majority[];
  #lengths: readonly number[] = [];
  #lookedMs = -Infinity;

  constructor(deps: ShardChooserDeps) {
    this.#deps = deps;
    this.#majorities = Array.from({ length: deps.shards }, () => ({ channel: '', votes: 0 }));
  }

  /** `channel` names provider and number. Never waits: backlogs are looked up beside, at most twice a second. */
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
        // Redis is away and takes nothing anyway.
        this.#lengths = [];
      },
    );
  }
}
