/** Keeps an outage from filling disks with one sentence: what is said very often is said a few times a second, and counted. */

/** Of one kind, within a second. */
const MOST = 10;
/** Codes of errors are sometimes chosen by others. */
const MOST_KINDS = 1000;
const SECOND_MS = 1000;

interface Said {
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
  admit(level: string, message: string, err: unknown, nowMs: number): number | null {
    const said = this.#saidOf(`${level} ${message} ${kindOf(err)}`, nowMs);
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

  #saidOf(kind: string, nowMs: number): Said {
    const known = this.#said.get(kind);
    if (known !== undefined) return known;
    // Rather some lines more than memory that grows.
    if (this.#said.size >= MOST_KINDS) this.#said.clear();
    const said = { sinceMs: nowMs, lines: 0, skipped: 0 };
    this.#said.set(kind, said);
    return said;
  }
}

function kindOf(err: unknown): string {
  if (!(err instanceof Error)) return typeof err;
  const { code } = err as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? `${err.name} ${String(code)}` : err.name;
}
