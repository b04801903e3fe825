/**
 * Facts about a tenant's threads that hold until the thread's next event: read once, forgotten when an event is seen.
 */
import type { ThreadId } from '../contract/ids.ts';

const MAX_THREADS = 500;
/** How often a thread may change while it is being read. */
const TRIES = 3;

/** A fact as of the last event that was seen. `undefined`: it changes faster than it can be read. */
export class ThreadMemory<T> {
  readonly #read: (threadId: ThreadId) => Promise<T>;
  readonly #known = new Map<ThreadId, Promise<T>>();

  constructor(read: (threadId: ThreadId) => Promise<T>) {
    this.#read = read;
  }

  /** Rejects as the reading does. */
  async get(threadId: ThreadId): Promise<T | undefined> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const asked = this.#known.get(threadId) ?? this.#ask(threadId);
      const fact = await asked;
      // If an event came meanwhile the fact may be outdated.
      if (this.#known.get(threadId) === asked) return fact;
    }
    return undefined;
  }

  forget(threadId: ThreadId): void {
    this.#known.delete(threadId);
  }

  /** Events were missed. */
  clear(): void {
    this.#known.clear();
  }

  #ask(threadId: ThreadId): Promise<T> {
    const asked = this.#read(threadId);
    const [oldest] = this.#known.size >= MAX_THREADS ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(threadId, asked);
    asked.catch(() => {
      if (this.#known.get(threadId) === asked) this.#known.delete(threadId);
    });
    return asked;
  }
}
