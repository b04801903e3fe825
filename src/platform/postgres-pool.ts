/** A bounded pool around a driver that has neither a bound, nor a query deadline, nor a way to shed a dead connection. */
import { DeadlineError } from '../lib/deadline.ts';

/** Nothing was sent: too many calls wait, or none got a connection in time. Repeating is safe. */
export class DatabaseBusyError extends Error {
  readonly code = 'DATABASE_BUSY';
  constructor(what: string) {
    super(`${what}: the database is busy; nothing was sent.`);
    this.name = 'DatabaseBusyError';
  }
}

/** What the pool needs of a driver instance. */
export interface DriverInstance {
  end(options: { timeout: number }): Promise<void>;
}

interface Waiter {
  readonly grant: () => void;
  readonly refuse: (error: Error) => void;
}

/** A driver instance with the moment it began. */
interface Generation<I> {
  readonly instance: I;
  readonly bornMs: number;
  /** Resolves when this instance has been replaced; its connections are then no longer ours to count. */
  readonly replaced: Promise<void>;
  readonly markReplaced: () => void;
}

/** Numbers for the gauge: calls running, calls waiting, connections neither. */
export interface PoolUse {
  readonly active: number;
  readonly idle: number;
  readonly waiting: number;
}

const MIN_GENERATION_MS = 1000;
/** Seconds the neighbours of a hung call get to finish before the sockets are cut. */
const RETIRE_GRACE_S = 1;

/**
 * Runs at most `size` calls at once (postgres.js loses BEGINs when more are in flight), the rest wait in order, at most
 * `maxWaiting` of them. When a running call misses its deadline the whole instance is replaced, at most once a second,
 * because the driver cannot tell which of its connections is dead.
 */
export class BoundedPool<I extends DriverInstance> {
  readonly #create: () => I;
  readonly #size: number;
  readonly #maxWaiting: number;
  readonly #waiters: Waiter[] = [];
  #active = 0;
  #current: Generation<I>;
  #closed = false;
  #replacing: NodeJS.Timeout | undefined;

  constructor(options: { readonly size: number; readonly maxWaiting: number; readonly create: () => I }) {
    this.#size = options.size;
    this.#maxWaiting = options.maxWaiting;
    this.#create = options.create;
    this.#current = this.#begin();
  }

  /** Rejects with DatabaseBusyError (not sent), DeadlineError (sent, outcome unknown) or what `call` rejects with. */
  async use<T>(what: string, deadlineMs: number, call: (instance: I) => PromiseLike<T>): Promise<T> {
    const startedMs = performance.now();
    await this.#acquire(what, deadlineMs);
    const generation = this.#current;
    const remainingMs = Math.max(1, deadlineMs - (performance.now() - startedMs));
    const running = Promise.resolve().then(() => call(generation.instance));
    this.#releaseAfter(running, generation);
    return await this.#withDeadline(running, remainingMs, { what, deadlineMs, generation });
  }

  inUse(): PoolUse {
    return { active: this.#active, idle: this.#size - this.#active, waiting: this.#waiters.length };
  }

  /** Refuses waiting and later calls, lets running ones finish for `graceMs`, then cuts the connections. */
  async close(graceMs = 5000): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#replacing);
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(new DatabaseBusyError('Closing'));
    await this.#current.instance.end({ timeout: graceMs / 1000 });
  }

  #begin(): Generation<I> {
    let markReplaced: () => void = () => undefined;
    const replaced = new Promise<void>((resolve) => {
      markReplaced = resolve;
    });
    return { instance: this.#create(), bornMs: performance.now(), replaced, markReplaced };
  }

  async #acquire(what: string, deadlineMs: number): Promise<void> {
    if (this.#closed) throw new DatabaseBusyError(what);
    if (this.#active < this.#size) {
      this.#active += 1;
      return;
    }
    if (this.#waiters.length >= this.#maxWaiting) throw new DatabaseBusyError(what);
    await new Promise<void>((resolve, reject) => {
      const waiter: Waiter = {
        grant: () => {
          clearTimeout(timer);
          resolve();
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        reject(new DatabaseBusyError(what));
      }, deadlineMs);
      this.#waiters.push(waiter);
    });
  }

  /** A slot is free again when its call has settled, or when the instance it hangs on is gone; never earlier. */
  #releaseAfter(running: Promise<unknown>, generation: Generation<I>): void {
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    void Promise.race([settled, generation.replaced]).then(() => {
      const next = this.#waiters.shift();
      if (next === undefined) this.#active -= 1;
      else next.grant();
    });
  }

  async #withDeadline<T>(
    running: Promise<T>,
    remainingMs: number,
    context: { readonly what: string; readonly deadlineMs: number; readonly generation: Generation<I> },
  ): Promise<T> {
    return await new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#scheduleReplace(context.generation);
        reject(new DeadlineError(context.what, context.deadlineMs));
      }, remainingMs);
      running
        .finally(() => {
          clearTimeout(timer);
        })
        .then(resolve, reject);
    });
  }

  #scheduleReplace(stuck: Generation<I>): void {
    if (this.#closed || stuck !== this.#current || this.#replacing !== undefined) return;
    const waitMs = Math.max(0, stuck.bornMs + MIN_GENERATION_MS - performance.now());
    this.#replacing = setTimeout(() => {
      this.#replacing = undefined;
      this.#replace(stuck);
    }, waitMs);
  }

  #replace(stuck: Generation<I>): void {
    if (this.#closed) return;
    this.#current = this.#begin();
    stuck.markReplaced();
    stuck.instance.end({ timeout: RETIRE_GRACE_S }).catch(() => {
      // The connection it could not end is the reason why it is replaced.
    });
  }
}
