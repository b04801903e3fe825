/** Combines lookups of the same kind that are made at about the same time into one. */
import DataLoader from 'dataloader';

/** Time between two calls, ms: lookups made in between wait and go together. */
const SPACING_MS = 20;
const MAX_KEYS = 500;

/** Answers in the order of its keys, which are distinct. */
export type AskMany<K, V> = (keys: readonly K[]) => Promise<readonly V[]>;

/**
 * Turns a function that looks up many keys into one that looks up a single key. When nothing else is going on the
 * lookup starts at once. Nothing is cached, so an answer is never older than its request. If `ask` rejects, every
 * caller in that batch gets the rejection.
 */
export function batched<K, V>(ask: AskMany<K, V>, nameOf: (key: K) => string): (key: K) => Promise<V> {
  let nextMs = 0;
  const loader = new DataLoader<K, V, string>(
    (keys) => {
      // The loader's cache must not outlive one call.
      loader.clearAll();
      nextMs = performance.now() + SPACING_MS;
      return ask(keys);
    },
    {
      cacheKeyFn: nameOf,
      maxBatchSize: MAX_KEYS,
      batchScheduleFn: (dispatch) => {
        const waitMs = nextMs - performance.now();
        if (waitMs > 0) setTimeout(dispatch, waitMs);
        else setImmediate(dispatch);
      },
    },
  );
  return (key) => loader.load(key);
}
