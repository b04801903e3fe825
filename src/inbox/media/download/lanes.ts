/** Works on many things at once, taking accounts in turn, so that a slow number does not hold up the others. */

/** `slots`: how many at once; no account gets more than half of them. `waiting`: how many may wait for a slot. */
export interface LaneOptions {
  readonly slots: number;
  readonly waiting: number;
}

interface Lane {
  readonly ready: (() => Promise<void>)[];
  running: number;
}

/** Bounded: what does not fit is refused, and its owner offers it again. */
export class Lanes {
  readonly #options: LaneOptions;
  readonly #lanes = new Map<string, Lane>();
  #running = 0;
  #waiting = 0;
  #stopping = false;
  #onIdle: (() => void) | undefined;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** False if there is no room. `work` must not reject. */
  offer(account: string, work: () => Promise<void>): boolean {
    const lane = this.#lanes.get(account) ?? { ready: [], running: 0 };
    // Half of the room is reserved for other accounts.
    const full = this.#waiting >= this.#options.waiting || lane.ready.length >= this.#options.waiting / 2;
    if (full || this.#stopping) return false;
    this.#lanes.set(account, lane);
    lane.ready.push(work);
    this.#waiting += 1;
    this.#pump();
    return true;
  }

  /** Begins nothing more; resolves when all work in progress has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  #pump(): void {
    for (let started = true; started && !this.#stopping;) {
      started = false;
      for (const [account, lane] of [...this.#lanes]) started = this.#startNext(account, lane) || started;
    }
  }

  #startNext(account: string, lane: Lane): boolean {
    const { slots } = this.#options;
    if (this.#running >= slots || lane.running >= Math.max(1, slots / 2)) return false;
    const work = lane.ready.shift();
    if (work === undefined) return false;
    this.#waiting -= 1;
    this.#running += 1;
    lane.running += 1;
    void work().finally(() => {
      this.#ended(account, lane);
    });
    return true;
  }

  #ended(account: string, lane: Lane): void {
    this.#running -= 1;
    lane.running -= 1;
    if (lane.running === 0 && lane.ready.length === 0) this.#lanes.delete(account);
    if (this.#running === 0) this.#onIdle?.();
    this.#pump();
  }
}
