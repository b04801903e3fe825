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

interface Waiter {
  readonly grant: () => void;
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

/**
 * Runs at most `size` calls at once, each alone on a connection; the rest wait in order, at most `maxWaiting` of them.
 * A call that misses its deadline loses its connection, and with it whatever the server was still doing.
 */
export class BoundedPool<C extends PoolConnection> {
  readonly #options: PoolOptions<C>;
  readonly #waiters: Waiter[] = [];
  readonly #bornMs = new WeakMap<C, number>();
  readonly #inUse = new Set<C>();
  #idle: C[] = [];
  #active = 0;
  #closed = false;
  #drained: (() => void) | undefined;

  constructor(options: PoolOptions<C>) {
    this.#options = options;
  }

  /** Rejects with DatabaseBusyError (not sent), DeadlineError (outcome unknown) or what `call` rejects with. */
  async use<T>(what: string, deadlineMs: number, call: (connection: C) => PromiseLike<T>): Promise<T> {
    const startedMs = performance.now();
    await this.#acquire(what, deadlineMs);
    const connection = this.#take();
    let timer: NodeJS.Timeout | undefined;
    try {
      const remainingMs = Math.max(1, deadlineMs - (performance.now() - startedMs));
      const late = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => {
          connection.destroy();
          reject(new DeadlineError(what, deadlineMs));
        }, remainingMs);
      });
      return await Promise.race([Promise.resolve().then(() => call(connection)), late]);
    } finally {
      clearTimeout(timer);
      this.#give(connection);
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

  #give(connection: C): void {
    this.#inUse.delete(connection);
    const ageMs = performance.now() - (this.#bornMs.get(connection) ?? 0);
    if (connection.usable && !this.#closed && ageMs < this.#options.maxAgeMs) this.#idle.push(connection);
    else connection.destroy();
    const next = this.#waiters.shift();
    if (next !== undefined) {
      next.grant();
      return;
    }
    this.#active -= 1;
    if (this.#active === 0) this.#drained?.();
  }

  async #acquire(what: string, deadlineMs: number): Promise<void> {
    if (this.#closed) throw new DatabaseBusyError(what);
    if (this.#active < this.#options.size) {
      this.#active += 1;
      return;
    }
    if (this.#waiters.length >= this.#options.maxWaiting) throw new DatabaseBusyError(what);
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
}
