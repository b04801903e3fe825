/**
 * Admits a bounded number of connections at a time, and few per turn of the event loop; the rest wait in order. A storm
 * becomes a queue, and other work gets its turn in between.
 */
import { InboxError } from '../contract/errors.ts';

/** Limits: work in progress, work started in one turn of the event loop, and work waiting. */
export interface GateLimits {
  readonly atOnce: number;
  readonly perTurn: number;
  readonly waiting: number;
}

/** The refusal for whoever would have to wait too long. */
export function tooManyWait(): InboxError {
  const retryAfterMs = 1000 + Math.floor(Math.random() * 4000);
  return new InboxError('unavailable', 'Too many connections at once; try again shortly.', { retryAfterMs });
}

/** `run` rejects with InboxError `unavailable` when too many wait. */
export class Gate {
  readonly #limits: GateLimits;
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #begun = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Settles as `work` does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#letIn();
    }
  }

  async #enter(): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting) throw tooManyWait();
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#letIn();
    });
  }

  #letIn(): void {
    const { atOnce, perTurn } = this.#limits;
    while (this.#waiting.length > 0 && this.#running < atOnce && this.#begun < perTurn) {
      if (this.#begun === 0) this.#nextTurn();
      this.#begun += 1;
      this.#running += 1;
      this.#waiting.shift()?.();
    }
  }

  #nextTurn(): void {
    setImmediate(() => {
      this.#begun = 0;
      this.#letIn();
    });
  }
}
