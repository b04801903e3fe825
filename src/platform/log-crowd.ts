/** Keeps an outage from filling disks with one sentence: what is said very often is said a few times a second, and counted. */

/** Of one message, within a second. */
const MOST = 10;
const SECOND_MS = 1000;

interface Said {
  sinceMs: number;
  lines: number;
  skipped: number;
}

/** One for a logger and its children. Messages are constants, so that there are only so many. */
export class LogCrowd {
  readonly #said = new Map<string, Said>();

  /** Null for a line that is left out, else how many were left out since the last one of this message. */
  admit(message: string, nowMs: number): number | null {
    const said = this.#said.get(message) ?? { sinceMs: nowMs, lines: 0, skipped: 0 };
    this.#said.set(message, said);
    if (nowMs - said.sinceMs >= SECOND_MS) {
      said.sinceMs = nowMs;
      said.lines = 0;
    }
    if (said.lines >= MOST) {
      said.skipped += 1;
      return null;
    }
    const { skipped } = said;
    said.lines += 1;
    said.skipped = 0;
    return skipped;
  }
}
