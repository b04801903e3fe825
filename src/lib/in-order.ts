/** Work that shares a key is done in the order in which it was asked for, one after the other; all else at once. */

/** Keeps nothing of a key under which nothing is going on. */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #waiting = new Set<() => void>();

  /** Settles as `work` does. It begins, at once where nothing is before it, and is told how long it waited. */
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

  /** All that waits begins now, whatever is before it: for when there is nothing left to be done in order. */
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
