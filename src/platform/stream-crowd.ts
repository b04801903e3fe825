/**
 * Shards with more entries than one read returns: they are processed in parallel with the others, so that nobody waits
 * for them.
 */
import type { ReadResult } from './stream-commands.ts';
import type { StreamEntry } from './stream.ts';

/** A read in two parts: entries of shards that returned a full read, and the rest. */
export interface Parted {
  readonly crowded: ReadResult;
  readonly rest: ReadResult;
}

const NO_DELETED: ReadResult['deleted'] = new Map();

/**
 * `count`: most entries of one shard in a read. If all `shards` are crowded, none is in another's way and nothing is
 * split off.
 */
export function partCrowded(result: ReadResult, { count, shards }: { count: number; shards: number }): Parted {
  const lengths = lengthsOf(result.entries);
  const crowded = new Set([...lengths].flatMap(([key, length]) => (length >= count ? [key] : [])));
  const aside = crowded.size < shards ? result.entries.filter(({ key }) => crowded.has(key)) : [];
  const rest = aside.length === 0 ? result.entries : result.entries.filter(({ key }) => !crowded.has(key));
  return {
    crowded: { entries: aside, deleted: NO_DELETED },
    rest: { entries: rest, deleted: result.deleted },
  };
}

function lengthsOf(entries: readonly StreamEntry[]): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { key } of entries) lengths.set(key, (lengths.get(key) ?? 0) + 1);
  return lengths;
}

/** The parallel work: crowded shards of one read at a time, which nobody reads from meanwhile. */
export class Crowd {
  readonly #onDone: () => void;
  #keys: ReadonlySet<string> = new Set();
  #working: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** `onDone` is called each time the work has ended: its shards may be read again. */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  get isBusy(): boolean {
    return this.#working !== null;
  }

  /** Those of `keys` that are not being worked on here. */
  without(keys: readonly string[]): readonly string[] {
    return this.#keys.size === 0 ? keys : keys.filter((key) => !this.#keys.has(key));
  }

  /** Begins with the entries of a read; the caller makes sure that nothing is under way. */
  begin(entries: readonly StreamEntry[], work: Promise<void>): void {
    this.#keys = new Set(entries.map(({ key }) => key));
    this.#working = work
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#keys = new Set();
        this.#working = null;
        this.#onDone();
      });
  }

  /** Throws the error of the parallel work, once. */
  check(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (failure !== null) throw failure.error;
  }

  /** Resolves when nothing is under way. Never rejects. */
  async settled(): Promise<void> {
    await this.#working;
  }
}
