/**
 * A bounded pool of connections that each serve one call at a time and are thrown away at the first doubt.
 *
 * The driver's own pool is not used: it can run a transaction's statements on another connection after a reconnect,
 * lose a BEGIN under load, crash the process on a write to a closed socket, and has no deadline for a query
 * (github.com/porsager/postgres issues 1189, 1208, 1216, 1089).
 */
import { DeadlineError } from '../lib/deadline.ts';

/** Nothing was sent: too many calls wait, or none got a connection in time. Repeating is safe. */
export class DatabaseBusyError extends Error {
  readonly code = 'DATABASE_BUSY';
  constructor(what: string) {
    super(`${what}: the database is busy; nothing was sent.`);
    this.name = 'DatabaseBusyError';
  }
}

/** One connection, opened when first used. It never reconnects. */
export interface PoolConnection {
  /** False once it was closed by anyone, or a call left it in doubt. */
  readonly usable: boolean;
  /** Closes it at once; calls under way on it reject. Idempotent, never throws. */
  destroy(): void;
}

interface Waiter<C> {
  /** With a connection that was passed on, or null: then there is room to take one. */
  readonly grant: (connection: C | null) => void;
  readonly refuse: (error: Error) => void;
}

/** Numbers for the gauge: calls running, open connections without one, calls waiting. */
export interface PoolUse {
  readonly active: number;
  readonly idle: number;
  readonly waiting: number;
}

/** `maxAgeMs`: older connections are closed when their call is done. */
export interface PoolOptions<C> {
  readonly size: number;
  readonly maxWaiting: number;
  readonly maxAgeMs: number;
  readonly connect: () => C;
}

/** Tells the pool that a call has sent its last statement: who waits may send behind it, before its answer is there. */
export type PassOn = () => void;

/**
 * Runs at most `size` calls at once, each alone on a connection; the rest wait in order, at most `maxWaiting` of them.
 * A call that misses its deadline loses its connection, and with it whatever the server was still doing; so does the
 * call to which it passed the connection on.
 */
export class BoundedPool<C extends PoolConnection> {
  readonly #options: PoolOptions<C>;
  readonly #waiters: Waiter<C>[] = [];
  readonly #bornMs = new WeakMap<C, number>();
  readonly #inUse = new Set<C>();
  #idle: C[] = [];
  #active = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(options: PoolOptions<C>) {
    this.#options = options;
  }

  /**
   * Rejects with DatabaseBusyError (not sent), DeadlineError (outcome unknown) or what `call` rejects with. A call that
   * passes its connection on sends nothing more.
   */
  async use<T>(what: string, deadlineMs: number, call: (connection: C, passOn: PassOn) => PromiseLike<T>): Promise<T> {
    const startedMs = performance.now();
    const connection = (await this.#acquire(what, deadlineMs)) ?? this.#take();
    const turn = { passed: false };
    const passOn = (): void => {
      turn.passed ||= this.#passOn(connection);
    };
    let timer: NodeJS.Timeout | undefined;
    try {
      const remainingMs = Math.max(1, deadlineMs - (performance.now() - startedMs));
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          connection.destroy();
          reject(new DeadlineError(what, deadlineMs));
        }, remainingMs);
      });
      return await Promise.race([Promise.resolve().then(() => call(connection, passOn)), late]);
    } finally {
      clearTimeout(timer);
      if (!turn.passed) this.#give(connection);
    }
  }

  inUse(): PoolUse {
    return { active: this.#active, idle: this.#idle.length, waiting: this.#waiters.length };
  }

  /** Refuses waiting and later calls, lets running ones finish for `graceMs`, then cuts the connections. */
  async close(graceMs = 5000): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(new DatabaseBusyError('Closing'));
    for (const connection of this.#idle.splice(0)) connection.destroy();
    if (this.#active === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#drained = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
    for (const connection of this.#inUse) connection.destroy();
  }

  #take(): C {
    let connection = this.#idle.pop();
    while (connection !== undefined && !connection.usable) connection = this.#idle.pop();
    if (connection === undefined) {
      connection = this.#options.connect();
      this.#bornMs.set(connection, performance.now());
    }
    this.#inUse.add(connection);
    return connection;
  }

  /** To the first who waits; false when nobody does or the connection has served its time. */
  #passOn(connection: C): boolean {
    if (!this.#isGood(connection)) return false;
    const next = this.#waiters.shift();
    next?.grant(connection);
    return next !== undefined;
  }

  #give(connection: C): void {
    this.#inUse.delete(connection);
    if (this.#isGood(connection)) this.#idle.push(connection);
    else connection.destroy();
    const next = this.#waiters.shift();
    if (next !== undefined) {
      next.grant(null);
      return;
    }
    this.#active -= 1;
    if (this.#active === 0) this.#drained?.();
  }

  #isGood(connection: C): boolean {
    const ageMs = performance.now() - (this.#bornMs.get(connection) ?? 0);
    return connection.usable && !this.#closed && ageMs < this.#options.maxAgeMs;
  }

  async #acquire(what: string, deadlineMs: number): Promise<C | null> {
    if (this.#closed) throw new DatabaseBusyError(what);
    if (this.#active < this.#options.size) {
      this.#active += 1;
      return null;
    }
    if (this.#waiters.length >= this.#options.maxWaiting) throw new DatabaseBusyError(what);
    return await new Promise<C | null>((resolve, reject) => {
      const waiter: Waiter<C> = {
        grant: (connection) => {
          clearTimeout(timer);
          resolve(connection);
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
}
