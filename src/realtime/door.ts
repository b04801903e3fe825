/**
 * Admits new sockets. A storm becomes a queue, and while the node has more urgent work, the queue moves at a pace that
 * leaves most of every second to that work.
 */
import { Bucket } from './bucket.ts';
import { tooManyWait } from './gate.ts';

/** Limits: admissions per turn of the event loop, admissions per second on a busy node, and the length of the queue. */
export interface DoorLimits {
  readonly perTurn: number;
  readonly perSecond: number;
  readonly waiting: number;
}

/** One per node. On a quiet node nobody waits. */
export class Door {
  readonly #limits: DoorLimits;
  readonly #isBusy: () => boolean;
  readonly #pace: Bucket;
  readonly #waiting: (() => void)[] = [];
  #moving = false;

  /** `isBusy` is called for each socket that is admitted. */
  constructor(limits: DoorLimits, isBusy: () => boolean) {
    this.#limits = limits;
    this.#isBusy = isBusy;
    // A late timer is made up for.
    this.#pace = new Bucket({ perSecond: limits.perSecond, burst: limits.perTurn }, performance.now());
  }

  /** Resolves when the socket is admitted. Rejects with InboxError `unavailable` when too many wait. */
  async pass(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting) throw tooManyWait();
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#moving) this.#move();
    });
  }

  /** Keeps running until nobody waited for a whole turn. */
  #move = (): void => {
    this.#moving = true;
    for (let begun = 0; begun < this.#limits.perTurn; begun += 1) {
      if (this.#waiting.length === 0) break;
      const waitMs = this.#isBusy() ? this.#pace.take(performance.now()) : 0;
      if (waitMs > 0) {
        setTimeout(this.#move, waitMs);
        return;
      }
      this.#waiting.shift()?.();
    }
    setImmediate(this.#turnOver);
  };

  #turnOver = (): void => {
    if (this.#waiting.length > 0) this.#move();
    else this.#moving = false;
  };
}
