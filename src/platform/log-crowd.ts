/**
 * Keeps an outage from filling disks with one message: a line that repeats very often is written a few times a second,
 * and the rest are counted.
 */

/** Lines of one kind within a second. */
const MOST = 10;
/** Bounds the kinds remembered, because error codes are sometimes chosen by others. */
const MOST_KINDS = 1000;
const SECOND_MS = 1000;

/** Levels that repeat during an outage. */
export type CrowdedLevel = 'warn' | 'error';

/** Lines of one kind that were skipped and not yet reported by a later line of that kind. */
export interface LeftOut {
  readonly level: CrowdedLevel;
  readonly message: string;
  readonly skipped: number;
}

interface Said {
  readonly level: CrowdedLevel;
  readonly message: string;
  sinceMs: number;
  lines: number;
  skipped: number;
}

/** One per logger and its children. A kind is the message, the level, and the class and code of the error. */
export class LogCrowd {
  readonly #said = new Map<string, Said>();

  /** Number of kinds that are remembered. */
  get size(): number {
    return this.#said.size;
  }

  /** Null if the line should be skipped, otherwise the number of lines of this kind skipped since the last one. */
  admit(level: CrowdedLevel, message: string, err: unknown, nowMs: number): number | null {
    const said = this.#saidOf(level, message, err);
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

  /** What was skipped so far, each line once; for when no further line of its kind comes. */
  takeLeftOut(): LeftOut[] {
    const left: LeftOut[] = [];
    for (const said of this.#said.values()) {
      if (said.skipped === 0) continue;
      left.push({ level: said.level, message: said.message, skipped: said.skipped });
      said.skipped = 0;
    }
    return left;
  }

  #saidOf(level: CrowdedLevel, message: string, err: unknown): Said {
    const kind = `${level} ${message} ${kindOf(err)}`;
    const known = this.#said.get(kind);
    if (known !== undefined) return known;
    // Better a few extra lines than memory that grows.
    if (this.#said.size >= MOST_KINDS) this.#said.clear();
    const said = { level, message, sinceMs: -Infinity, lines: 0, skipped: 0 };
    this.#said.set(kind, said);
    return said;
  }
}

function kindOf(err: unknown): string {
  if (!(err instanceof Error)) return typeof err;
  const { code } = err as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? `${err.name} ${String(code)}` : err.name;
}
