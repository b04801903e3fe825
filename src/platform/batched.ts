/** Questions of one kind that are asked at about the same time, put as one. */
import DataLoader from 'dataloader';

/** Between one call and the next, ms: what is asked meanwhile waits, and goes together. */
const SPACING_MS = 20;
const MAX_KEYS = 500;

/** Answers in the order of its keys, which are distinct. */
export type AskMany<K, V> = (keys: readonly K[]) => Promise<readonly V[]>;

/**
 * Makes a function that answers one key out of one that answers many. In quiet times a question is passed on at once.
 * An answer is never older than its question: nothing is kept. Rejects as `ask` does, for everybody in the call.
 */
export function batched<K, V>(ask: AskMany<K, V>, nameOf: (key: K) => string): (key: K) => Promise<V> {
  let nextMs = 0;
  const loader = new DataLoader<K, V, string>(
    (keys) => {
      // The loader's memory is for one call only.
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
