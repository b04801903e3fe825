/** What comes while a round is under way goes together in the next one. */

/** `together` and `alone` must not reject. */
export interface RoundsOptions<T> {
  readonly roundsAtOnce: number;
  readonly perRound: number;
  /** ms after which a round begins beside one that is still under way, however few wait. */
  readonly patienceMs: number;
  readonly mostWaiting: number;
  /** Groups take turns, so that many of one do not keep the others waiting. */
  readonly groupOf: (item: T) => string;
  /** Those that share a key follow each other: the next begins when the one before has ended. */
  readonly keysOf: (item: T) => readonly string[];
  /** Resolves with the items that could not go with the others. */
  readonly together: (items: readonly T[]) => Promise<readonly T[]>;
  /** One of those; no round waits for it. */
  readonly alone: (item: T) => Promise<void>;
}

/** In quiet times a round begins in the turn of the event loop in which its first item came. */
export class Rounds<T> {
  readonly #options: RoundsOptions<T>;
  readonly #waiting = new Map<string, T[]>();
  readonly #busy = new Set<string>();
  #size = 0;
  #underWay = 0;
  #begunMs = 0;
  #patience: NodeJS.Timeout | undefined;
  #beginning = false;

  constructor(options: RoundsOptions<T>) {
    this.#options = options;
  }

  /** Returns the one that has to go when too many wait: the newest of the group that has most, this one's where it has. */
  add(item: T): T | null {
    const group = this.#options.groupOf(item);
    const queue = this.#waiting.get(group) ?? [];
    queue.push(item);
    this.#waiting.set(group, queue);
    this.#size += 1;
    this.#beginSoon();
    return this.#size > this.#options.mostWaiting ? this.#turnAway(queue) : null;
  }

  #turnAway(own: T[]): T | null {
    let most = own;
    for (const queue of this.#waiting.values()) if (queue.length > most.length) most = queue;
    this.#size -= 1;
    return most.pop() ?? null;
  }

  #beginSoon(): void {
    if (this.#beginning) return;
    this.#beginning = true;
    setImmediate(() => {
      this.#beginning = false;
      this.#begin();
    });
  }

  #begin(): void {
    while (this.#mayBegin()) {
      const items = this.#take();
      if (items.length === 0) return;
      this.#underWay += 1;
      this.#begunMs = performance.now();
      void this.#run(items);
    }
    this.#lookAgain();
  }

  /** Beside another when half a round waits or it takes long: rounds of few cost more, and mostly it is over in a moment. */
  #mayBegin(): boolean {
    const { roundsAtOnce, perRound, patienceMs } = this.#options;
    if (this.#underWay === 0) return true;
    if (this.#underWay >= roundsAtOnce) return false;
    return this.#size >= perRound / 2 || performance.now() - this.#begunMs >= patienceMs;
  }

  #lookAgain(): void {
    if (this.#size === 0 || this.#underWay === 0 || this.#patience !== undefined) return;
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      this.#begin();
    }, this.#options.patienceMs);
  }

  /** One of each group in turn, until the round is full or nothing is left that may begin. */
  #take(): T[] {
    const taken: T[] = [];
    const passed = new Set<string>();
    for (const [group, queue] of this.#waiting) {
      if (taken.length === this.#options.perRound) break;
      if (passed.has(group)) continue;
      this.#waiting.delete(group);
      const at = queue.findIndex((item) => this.#options.keysOf(item).every((key) => !this.#busy.has(key)));
      const [item] = at < 0 ? [] : queue.splice(at, 1);
      // Behind the others.
      if (queue.length > 0) this.#waiting.set(group, queue);
      if (item === undefined) {
        passed.add(group);
        continue;
      }
      for (const key of this.#options.keysOf(item)) this.#busy.add(key);
      taken.push(item);
    }
    this.#size -= taken.length;
    return taken;
  }

  async #run(items: readonly T[]): Promise<void> {
    const left = new Set(await this.#options.together(items));
    this.#underWay -= 1;
    for (const item of items) {
      if (left.has(item)) void this.#playAlone(item);
      else this.#free(item);
    }
    this.#begin();
  }

  async #playAlone(item: T): Promise<void> {
    await this.#options.alone(item);
    this.#free(item);
    this.#beginSoon();
  }

  #free(item: T): void {
    for (const key of this.#options.keysOf(item)) this.#busy.delete(key);
  }
}
