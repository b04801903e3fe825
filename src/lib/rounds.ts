/** What comes while a round is under way goes together in the next one. */

/** `together` and `alone` must not reject. */
export interface RoundsOptions<T> {
  readonly roundsAtOnce: number;
  readonly perRound: number;
  /** Groups take turns, so that many of one do not keep the others waiting. */
  readonly groupOf: (item: T) => string;
  /** Those with the same key follow each other: the next begins when the one before has ended. */
  readonly keyOf: (item: T) => string;
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
  #beginning = false;

  constructor(options: RoundsOptions<T>) {
    this.#options = options;
  }

  /** Items that wait for a round. */
  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    const group = this.#options.groupOf(item);
    const queue = this.#waiting.get(group);
    if (queue === undefined) this.#waiting.set(group, [item]);
    else queue.push(item);
    this.#size += 1;
    this.#beginSoon();
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
    while (this.#underWay < this.#options.roundsAtOnce) {
      const items = this.#take();
      if (items.length === 0) return;
      this.#underWay += 1;
      void this.#run(items);
    }
  }

  /** One of each group in turn, until the round is full or nothing is left that may begin. */
  #take(): T[] {
    const taken: T[] = [];
    const passed = new Set<string>();
    for (const [group, queue] of this.#waiting) {
      if (taken.length === this.#options.perRound) break;
      if (passed.has(group)) continue;
      this.#waiting.delete(group);
      const at = queue.findIndex((item) => !this.#busy.has(this.#options.keyOf(item)));
      const [item] = at < 0 ? [] : queue.splice(at, 1);
      // Behind the others.
      if (queue.length > 0) this.#waiting.set(group, queue);
      if (item === undefined) {
        passed.add(group);
        continue;
      }
      this.#busy.add(this.#options.keyOf(item));
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
      else this.#busy.delete(this.#options.keyOf(item));
    }
    this.#begin();
  }

  async #playAlone(item: T): Promise<void> {
    await this.#options.alone(item);
    this.#busy.delete(this.#options.keyOf(item));
    this.#beginSoon();
  }
}
