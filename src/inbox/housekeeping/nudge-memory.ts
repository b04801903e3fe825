/** Remembers recent nudges, so that what stays due is not nudged every second. */

/** Each item gets at most one nudge from here in this time, however often it is found due. */
const NUDGE_EVERY_MS = 10_000;
const MAX_REMEMBERED = 50_000;

/** Per process; forgetting only costs an extra nudge. `nowMs` is of a clock that is never set. */
export class NudgeMemory {
  readonly #nowMs: () => number;
  readonly #atMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The items to nudge now, each once. */
  fresh<T>(things: readonly T[], idOf: (thing: T) => string): T[] {
    const nowMs = this.#nowMs();
    if (this.#atMs.size > MAX_REMEMBERED) this.#atMs.clear();
    const byId = new Map(things.map((thing) => [idOf(thing), thing]));
    for (const id of byId.keys()) if (nowMs - (this.#atMs.get(id) ?? -Infinity) < NUDGE_EVERY_MS) byId.delete(id);
    return [...byId.values()];
  }

  remember(id: string): void {
    this.#atMs.set(id, this.#nowMs());
  }
}
