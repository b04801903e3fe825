/** Remembers recent nudges, so that what stays due is not nudged every second, and counts those that were taken. */

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

/**
 * How many of these nudges a stream has taken. On a cluster whose master is away, those of its shards are refused; they
 * stay due, and must not slow the job down for the others. Rejects when all are refused.
 */
export async function countTaken(nudges: readonly Promise<void>[]): Promise<number> {
  const ends = await Promise.allSettled(nudges);
  const refusals = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
  if (refusals[0] !== undefined && refusals.length === ends.length) throw refusals[0];
  return ends.length - refusals.length;
}
