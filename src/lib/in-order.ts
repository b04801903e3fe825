/**
 * Runs work with the same key one after the other, in the order of the requests; work with different keys in parallel.
 */

/** Keeps nothing for a key that has no work in progress. */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #waiting = new Set<() => void>();

  /** Settles as `work` does. `work` begins at once if nothing is before it, and is told how long it waited. */
  run<T>(key: string, work: (waitedMs: number) => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const done = before === undefined ? work(0) : this.#after(before, work);
    const ended = done
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === ended) this.#last.delete(key);
      });
    this.#last.set(key, ended);
    return done;
  }

  /** Starts all waiting work now, whatever is before it; for when order no longer matters. */
  waitNoMore(): void {
    for (const begin of this.#waiting) begin();
  }

  async #after<T>(before: Promise<unknown>, work: (waitedMs: number) => Promise<T>): Promise<T> {
    const askedMs = performance.now();
    await new Promise<void>((resolve) => {
      const begin = (): void => {
        this.#waiting.delete(begin);
        resolve();
      };
      this.#waiting.add(begin);
      void before.then(begin);
    });
    return await work(performance.now() - askedMs);
  }
}
