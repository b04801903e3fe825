/** What comes while a round is under way goes together in the next one. */
import { Turns } from './turns.ts';

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
  readonly #waiting = new Turns<T>();
  readonly #busy = new Set<string>();
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
    this.#waiting.add(group, item);
    this.#beginSoon();
    return this.#waiting.size > this.#options.mostWaiting ? (this.#waiting.turnAway(group) ?? null) : null;
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
      const items = this.#waiting.take(this.#options.perRound, (item) => this.#hold(item));
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
    return this.#waiting.size >= perRound / 2 || performance.now() - this.#begunMs >= patienceMs;
  }

  #lookAgain(): void {
    if (this.#waiting.size === 0 || this.#underWay === 0 || this.#patience !== undefined) return;
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      this.#begin();
    }, this.#options.patienceMs);
  }

  /** False where another that shares a key is under way. */
  #hold(item: T): boolean {
    const keys = this.#options.keysOf(item);
    if (keys.some((key) => this.#busy.has(key))) return false;
    for (const key of keys) this.#busy.add(key);
    return true;
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
