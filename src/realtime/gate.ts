/** Lets a bounded number of connections in at a time; the rest wait in order, so that a storm stays a queue. */
import { InboxError } from '../contract/errors.ts';

/** Bounds of work in hand and of work waiting. */
export interface GateLimits {
  readonly atOnce: number;
  readonly waiting: number;
}

/** `run` refuses with InboxError `unavailable` when too many wait. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Settles as `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.atOnce) await this.#wait();
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #wait(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting) {
      const retryAfterMs = 1000 + Math.floor(Math.random() * 4000);
      throw new InboxError('unavailable', 'Too many connections at once; try again shortly.', { retryAfterMs });
    }
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
