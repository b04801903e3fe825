/**
 * A bounded pool of connections that each serve one call at a time and are thrown away at the first doubt.
 *
 * The driver's own pool is not used: it can run a transaction's statements on another connection after a reconnect,
 * lose a BEGIN under load, crash the process on a write to a closed socket, and has no deadline for a query
 * (github.com/porsager/postgres issues 1189, 1208, 1216, 1089).
 */
import { DeadlineError, withDeadline } from '../lib/deadline.ts';
import { Turns } from '../lib/turns.ts';

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

/** A request for a connection. `deadlineMs` covers both the wait for it and the call. */
export interface Wanted {
  readonly what: string;
  readonly deadlineMs: number;
  /** Whose share of the connections this counts against; null: no share, may use all. */
  readonly owner: string | null;
}

interface Waiter<C> extends Wanted {
  /** Called with a connection that was handed on, or with null if there is room to take one. */
  readonly grant: (connection: C | null) => void;
  readonly refuse: (error: Error) => void;
}

/** Values for the gauge: running calls, open idle connections, waiting calls. */
export interface PoolUse {
  readonly active: number;
  readonly idle: number;
  readonly waiting: number;
}

/** `maxAgeMs`: a connection older than this is closed when its call has ended. */
export interface PoolOptions<C> {
  readonly size: number;
  readonly maxWaiting: number;
  readonly maxAgeMs: number;
  readonly connect: () => C;
}

/**
 * Tells the pool that a call has sent its last statement. The next caller may then send behind it, before the answer
 * has come.
 */
export type PassOn = () => void;

/**
 * Runs at most `size` calls at once, each alone on a connection. Further calls wait, at most `maxWaiting` of them. One
 * owner may use half of the connections that others leave free, rounded up: of six free ones three, the next owner two
 * of the remaining three, then one. Owners who wait are served in turn, each in its own order; when too many wait, the
 * newest call of the owner with the most waiting calls is refused. A call that misses its deadline loses its
 * connection, and with it whatever the server was still doing; so does the call to which it handed the connection on.
 */
export class BoundedPool<C extends PoolConnection> {
  readonly #options: PoolOptions<C>;
  readonly #waiting = new Turns<Waiter<C>>();
  readonly #held = new Map<string, number>();
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
  async use<T>(wanted: Wanted, call: (connection: C, passOn: PassOn) => PromiseLike<T>): Promise<T> {
    const { what, deadlineMs, owner } = wanted;
    const startedMs = performance.now();
    const connection = (await this.#acquire(wanted)) ?? this.#take();
    const turn = { passed: false };
    const passOn = (): void => {
      turn.passed ||= this.#passOn(owner, connection);
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
      if (!turn.passed) this.#give(owner, connection);
    }
  }

  /**
   * Runs an autocommitted statement behind whatever the first connection to be used is doing, so it takes a connection
   * from nobody. For occasional statements. Rejects with DeadlineError or with what `call` rejects with.
   */
  async beside<T>({ what, deadlineMs }: Omit<Wanted, 'owner'>, call: (connection: C) => PromiseLike<T>): Promise<T> {
    const [connection] = this.#byAge([...this.#inUse, ...this.#idle].filter(({ usable }) => usable));
    if (connection === undefined) return await this.use({ what, deadlineMs, owner: null }, call);
    return await withDeadline(call(connection), deadlineMs, what);
  }

  inUse(): PoolUse {
    return { active: this.#active, idle: this.#idle.length, waiting: this.#waiting.size };
  }

  /** Refuses waiting and later calls, lets running ones finish for `graceMs`, then cuts the connections. */
  async close(graceMs = 5000): Promise<void> {
    this.#closed = true;
    for (const { refuse } of this.#waiting.take(this.#waiting.size, () => true))
      refuse(new DatabaseBusyError('Closing'));
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

  /**
   * Takes the oldest, which has its plans: on a connection that has hardly been used the same statement takes ten times
   * as long.
   */
  #take(): C {
    this.#idle = this.#idle.filter(({ usable }) => usable);
    const connection = this.#idle.shift() ?? this.#open();
    this.#inUse.add(connection);
    return connection;
  }

  #open(): C {
    const connection = this.#options.connect();
    this.#bornMs.set(connection, performance.now());
    return connection;
  }

  /** Oldest first. */
  #byAge(connections: readonly C[]): C[] {
    return [...connections].sort((a, b) => this.#born(a) - this.#born(b));
  }

  #born(connection: C): number {
    return this.#bornMs.get(connection) ?? 0;
  }

  /** Hands the connection to the next caller; false if nobody may have it or it is too old. */
  #passOn(owner: string | null, connection: C): boolean {
    if (!this.#isGood(connection)) return false;
    this.#vacate(owner);
    if (this.#grant(connection)) return true;
    this.#occupy(owner);
    return false;
  }

  #give(owner: string | null, connection: C): void {
    this.#inUse.delete(connection);
    if (this.#isGood(connection)) this.#idle = this.#byAge([...this.#idle, connection]);
    else connection.destroy();
    this.#vacate(owner);
    this.#grant(null);
    if (this.#active === 0) this.#drained?.();
  }

  /** Grants free connections to callers in turn; the first gets `connection`. False when nobody may have one. */
  #grant(connection: C | null): boolean {
    const next = this.#waiting.takeFirsts(this.#options.size, ({ owner }) => this.#admit(owner));
    for (const [at, { grant }] of next.entries()) grant(at === 0 ? connection : null);
    return next.length > 0;
  }

  #admit(owner: string | null): boolean {
    const free = this.#options.size - this.#active;
    const held = owner === null ? 0 : (this.#held.get(owner) ?? 0);
    if (held >= free) return false;
    this.#occupy(owner);
    return true;
  }

  #occupy(owner: string | null): void {
    this.#active += 1;
    if (owner !== null) this.#held.set(owner, (this.#held.get(owner) ?? 0) + 1);
  }

  #vacate(owner: string | null): void {
    this.#active -= 1;
    if (owner === null) return;
    const held = (this.#held.get(owner) ?? 0) - 1;
    if (held > 0) this.#held.set(owner, held);
    else this.#held.delete(owner);
  }

  #isGood(connection: C): boolean {
    const ageMs = performance.now() - this.#born(connection);
    return connection.usable && !this.#closed && ageMs < this.#options.maxAgeMs;
  }

  async #acquire(wanted: Wanted): Promise<C | null> {
    const { what, deadlineMs, owner } = wanted;
    if (this.#closed) throw new DatabaseBusyError(what);
    if (this.#admit(owner)) return null;
    const group = owner ?? '';
    return await new Promise<C | null>((resolve, reject) => {
      const waiter: Waiter<C> = {
        ...wanted,
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
        this.#waiting.remove(group, waiter);
        reject(new DatabaseBusyError(what));
      }, deadlineMs);
      this.#waiting.add(group, waiter);
      if (this.#waiting.size <= this.#options.maxWaiting) return;
      const turnedAway = this.#waiting.turnAway(group);
      turnedAway?.refuse(new DatabaseBusyError(turnedAway.what));
    });
  }
}
