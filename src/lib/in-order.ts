/** Work that shares a key is done in the order in which it was asked for, one after the other; all else at once. */

/** Keeps nothing of a key under which nothing is going on. */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Settles as `work` does. It begins, at once where nothing is before it, and is told how long it waited. */
  run<T>(key: string, work: (waitedMs: number) => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const done = before === undefined ? work(0) : after(before, work);
    const ended = done
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === ended) this.#last.delete(key);
      });
    this.#last.set(key, ended);
    return done;
  }
}

async function after<T>(before: Promise<unknown>, work: (waitedMs: number) => Promise<T>): Promise<T> {
  const askedMs = performance.now();
  await before;
  return await work(performance.now() - askedMs);
}
