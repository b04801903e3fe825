/** Signals of many businesses in fair turns: what one says while it waits is walked together, a slice at a time. */

/** `perTurn`: steps taken in one turn of the event loop, `slice`: of them by one lane before the next one's turn. */
export interface LaneLimits {
  readonly perTurn: number;
  readonly slice: number;
  /** Passing signals of one lane that wait for its next walk, above which the oldest go; and how many last words go on one. */
  readonly waiting: number;
}

/** Hands signals on to all whom they concern, about equally much with each step. Neither it nor a step may throw. */
export type Walk<Signal> = (signals: readonly Signal[]) => Iterator<unknown>;

interface Lane<Signal> {
  readonly passing: Signal[];
  /** By what they are about. */
  readonly lastWords: Map<string, Signal>;
  walk: Iterator<unknown> | null;
}

/**
 * What is offered in one turn goes out together at its end, which in calm times is at once. One lane per key; a lane
 * lives as long as it has something to do.
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

  /** The last word on what it is `about` comes instead of the one before, and is never dropped; null: it passes. */
  offer(key: string, signal: Signal, about: string | null): void {
    const lane = this.#lanes.get(key) ?? { passing: [], lastWords: new Map(), walk: null };
    this.#lanes.set(key, lane);
    if (about === null) this.#pass(lane, signal);
    else {
      // Behind what was said before it, about the same or about something else.
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

  /** A slice of each lane in turn, until the turn has had enough or nothing is left. */
  #serve(): void {
    let left = this.#limits.perTurn;
    while (left > 0) {
      const [next] = this.#lanes;
      if (next === undefined) return;
      const [key, lane] = next;
      left -= this.#advance(lane, Math.min(left, this.#limits.slice));
      this.#lanes.delete(key);
      // Behind the others.
      if (lane.walk !== null || lane.passing.length + lane.lastWords.size > 0) this.#lanes.set(key, lane);
    }
  }

  /** Steps taken: at least one, also by a walk that concerns nobody. */
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
