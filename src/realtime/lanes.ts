/** Signals of many businesses in fair turns: a flood of one delays its own, and what does not fit is dropped. */

/** `perTurn`: cost begun in one turn of the event loop; `waiting`: signals of one lane, above which the oldest go. */
export interface LaneLimits {
  readonly perTurn: number;
  readonly waiting: number;
}

/** What is to be done, and what it costs. Must not throw. */
export interface Signal {
  readonly cost: number;
  readonly send: () => void;
}

/** In calm times a signal is sent at once. One lane per key; a lane lives as long as something waits in it. */
export class Lanes {
  readonly #limits: LaneLimits;
  readonly #onDrop: () => void;
  readonly #lanes = new Map<string, Signal[]>();
  #spent = 0;
  #turning = false;

  constructor(limits: LaneLimits, onDrop: () => void) {
    this.#limits = limits;
    this.#onDrop = onDrop;
  }

  offer(key: string, signal: Signal): void {
    const lane = this.#lanes.get(key) ?? [];
    this.#lanes.set(key, lane);
    lane.push(signal);
    if (lane.length > this.#limits.waiting) {
      lane.shift();
      this.#onDrop();
    }
    this.#serve();
  }

  /** One of each lane in turn. A signal that alone costs more than a turn has a turn for itself. */
  #serve(): void {
    while (this.#lanes.size > 0 && this.#spent < this.#limits.perTurn) {
      const [next] = this.#lanes;
      if (next === undefined) return;
      const [key, lane] = next;
      const signal = lane.shift();
      this.#lanes.delete(key);
      // Behind the others.
      if (lane.length > 0) this.#lanes.set(key, lane);
      if (signal === undefined) continue;
      this.#nextTurn();
      this.#spent += signal.cost;
      signal.send();
    }
  }

  #nextTurn(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => {
      this.#turning = false;
      this.#spent = 0;
      this.#serve();
    });
  }
}
