/** Keeps an outage from filling disks with one sentence: what is said very often is said a few times a second, and counted. */

/** Of one kind, within a second. */
const MOST = 10;
/** Codes of errors are sometimes chosen by others. */
const MOST_KINDS = 1000;
const SECOND_MS = 1000;

/** Levels that an outage repeats. */
export type CrowdedLevel = 'warn' | 'error';

/** Lines of one kind that were left out and that no later line of theirs has told of yet. */
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

/** One for a logger and its children. A kind is what is said, how gravely, and the class and code of the error. */
export class LogCrowd {
  readonly #said = new Map<string, Said>();

  /** Kinds that are remembered. */
  get size(): number {
    return this.#said.size;
  }

  /** Null for a line that is left out, else how many were left out since the last one of this kind. */
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

  /** What was left out so far, each line once: for when none of its kind follows. */
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
    // Rather some lines more than memory that grows.
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
