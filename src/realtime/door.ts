/**
 * Where sockets come in. A storm of them stays a queue, and while the node has something more urgent to do, the queue
 * moves at a pace that leaves most of every second to it.
 */
import { Bucket } from './bucket.ts';
import { tooManyWait } from './gate.ts';

/** Bounds of what begins in one turn of the event loop, of what begins in a second of a busy node, and of the queue. */
export interface DoorLimits {
  readonly perTurn: number;
  readonly perSecond: number;
  readonly waiting: number;
}

/** One per node. In calm times nobody waits. */
export class Door {
  readonly #limits: DoorLimits;
  readonly #isBusy: () => boolean;
  readonly #pace: Bucket;
  readonly #waiting: (() => void)[] = [];
  #moving = false;

  /** `isBusy` is asked for each who comes in. */
  constructor(limits: DoorLimits, isBusy: () => boolean) {
    this.#limits = limits;
    this.#isBusy = isBusy;
    // A timer that is late is caught up with.
    this.#pace = new Bucket({ perSecond: limits.perSecond, burst: limits.perTurn }, performance.now());
  }

  /** Resolves when it is their turn. Rejects with InboxError `unavailable` when too many wait. */
  async pass(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting) throw tooManyWait();
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#moving) this.#move();
    });
  }

  /** Goes on by itself until a turn has passed in which nobody waited. */
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
