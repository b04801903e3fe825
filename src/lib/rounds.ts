/** Gathers items that arrive while a round is under way, and processes them together in the next. */
import { Turns } from './turns.ts';

/** Share of a full round that must wait before a second one begins beside it. */
const ENOUGH = 0.75;

/** `together` and `alone` must not reject. */
export interface RoundsOptions<T> {
  readonly roundsAtOnce: number;
  readonly perRound: number;
  /** After this many ms a second round begins beside one that is still under way, however few items wait. */
  readonly patienceMs: number;
  readonly mostWaiting: number;
  /** Groups take turns, so that a group with many items does not keep the others waiting. */
  readonly groupOf: (item: T) => string;
  /** Items that share a key run one after the other: the next begins when the one before has ended. */
  readonly keysOf: (item: T) => readonly string[];
  /** Processes a round. Resolves with the items that could not be processed together. */
  readonly together: (items: readonly T[]) => Promise<readonly T[]>;
  /** Processes one of those items; no round waits for it. */
  readonly alone: (item: T) => Promise<void>;
}

/** Without load a round begins in the same turn of the event loop in which its first item came. */
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

  /**
   * Returns the item to turn away when too many wait: the newest of the group with the most; of this item's group, in a
   * tie.
   */
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

  /**
   * A second round begins only when most of one waits or the first takes long: small rounds cost more per item, and
   * most end soon.
   */
  #mayBegin(): boolean {
    const { roundsAtOnce, perRound, patienceMs } = this.#options;
    if (this.#underWay === 0) return true;
    if (this.#underWay >= roundsAtOnce) return false;
    return this.#waiting.size >= perRound * ENOUGH || performance.now() - this.#begunMs >= patienceMs;
  }

  #lookAgain(): void {
    if (this.#waiting.size === 0 || this.#underWay === 0 || this.#patience !== undefined) return;
    this.#patience = setTimeout(() => {
      this.#patience = undefined;
      this.#begin();
    }, this.#options.patienceMs);
  }

  /** False while another item with the same key is under way. */
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
