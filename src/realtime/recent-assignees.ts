/** Who got a thread lately, by the log: what was said of it before, by a lease or an answer, may name somebody else. */
import type { Clock } from '../lib/clock.ts';

/** Longer than a lease that nobody renews is told of (30 s), and than a command takes (8 s). */
const KEPT_MS = 60_000;
const MOST = 20_000;

interface Seen {
  readonly assigneeId: string | null;
  readonly atMs: number;
}

/** Bounded by time and by number; what is forgotten is taken as it is said. */
export class RecentAssignees {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(thread: string, assigneeId: string | null): void {
    const nowMs = this.#clock.nowMs();
    this.#seen.delete(thread);
    this.#seen.set(thread, { assigneeId, atMs: nowMs });
    for (const [oldest, { atMs }] of this.#seen) {
      if (this.#seen.size <= MOST && nowMs - atMs < KEPT_MS) return;
      this.#seen.delete(oldest);
    }
  }

  /** Whose the thread is by the newest that is known; `said` where the log told nothing lately. */
  newest(thread: string, said: string | null): string | null {
    const seen = this.#seen.get(thread);
    return seen === undefined ? said : seen.assigneeId;
  }
}
