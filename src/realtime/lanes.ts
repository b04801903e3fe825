/**
 * Sends signals of many businesses in fair turns: signals of one business that wait together are sent in one walk, a
 * slice at a time.
 */

/** `perTurn`: steps in one turn of the event loop. `slice`: steps of one lane before the next lane's turn. */
export interface LaneLimits {
  readonly perTurn: number;
  readonly slice: number;
  /**
   * Most passing signals of one lane that may wait for its next walk; beyond that the oldest are dropped. Also the most
   * last words in one walk.
   */
  readonly waiting: number;
}

/**
 * Delivers signals to everybody concerned, with each step doing about the same amount of work. Neither it nor a step
 * may throw.
 */
export type Walk<Signal> = (signals: readonly Signal[]) => Iterator<unknown>;

interface Lane<Signal> {
  readonly passing: Signal[];
  /** The newest signal for each subject. */
  readonly lastWords: Map<string, Signal>;
  walk: Iterator<unknown> | null;
}

/**
 * Signals offered in one turn go out together at its end; without load that is at once. There is one lane per key,
 * which lives as long as it has something to do.
 */
export class Lanes<Signal> {
  readonly #limits: LaneLimits;
  readonly #walk: Walk<Signal>;
  readonly #onDrop: () => void;
  readonly #lanes = new Map<string, Lane<Signal>>();
  #turning = false;

  constructor(limits: LaneLimits, walk: Walk<Signal>, onDrop: () => void) {
    this.#limits = limits;
    this.#walk = walk;
    this.#onDrop = onDrop;
  }

  /**
   * A signal with an `about` replaces the waiting one about the same subject, and is never dropped; with null it is
   * passing and may be.
   */
  offer(key: string, signal: Signal, about: string | null): void {
    const lane = this.#lanes.get(key) ?? { passing: [], lastWords: new Map(), walk: null };
    this.#lanes.set(key, lane);
    if (about === null) this.#pass(lane, signal);
    else {
      // Delete first, so that it goes behind everything said before.
      lane.lastWords.delete(about);
      lane.lastWords.set(about, signal);
    }
    this.#nextTurn();
  }

  #pass({ passing }: Lane<Signal>, signal: Signal): void {
    passing.push(signal);
    if (passing.length <= this.#limits.waiting) return;
    passing.shift();
    this.#onDrop();
  }

  #nextTurn(): void {
    if (this.#turning || this.#lanes.size === 0) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#serve();
      this.#nextTurn();
    });
  }

  /** Advances each lane by a slice in turn, until the turn's steps are used up or nothing is left. */
  #serve(): void {
    let left = this.#limits.perTurn;
    while (left > 0) {
      const [next] = this.#lanes;
      if (next === undefined) return;
      const [key, lane] = next;
      left -= this.#advance(lane, Math.min(left, this.#limits.slice));
      this.#lanes.delete(key);
      // Back of the queue.
      if (lane.walk !== null || lane.passing.length + lane.lastWords.size > 0) this.#lanes.set(key, lane);
    }
  }

  /** The number of steps taken: at least one, even for a walk that concerns nobody. */
  #advance(lane: Lane<Signal>, most: number): number {
    lane.walk ??= this.#walk(this.#gather(lane));
    for (let steps = 1; steps <= most; steps += 1) {
      if (lane.walk.next().done !== true) continue;
      lane.walk = null;
      return steps;
    }
    return most;
  }
  #gather({ passing, lastWords }: Lane<Signal>): Signal[] {
    const oldest = [...lastWords].slice(0, this.#limits.waiting);
    for (const [about] of oldest) lastWords.delete(about);
    return [...passing.splice(0), ...oldest.map(([, signal]) => signal)];
  }
}
