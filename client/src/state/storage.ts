/**
 * Reads and writes values in the browser's storage. If the storage is full or forbidden, only the convenience of having
 * them later is lost.
 */

/** The value stored under this key; null when there is none or it cannot be read. */
export function readKept(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** Stores a value as JSON. Never throws. */
export function writeKept(storage: Storage, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden. The person can keep working; only a reload loses the value.
  }
}
