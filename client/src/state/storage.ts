/** Values in the browser's storage. Storage that is full or forbidden costs only the convenience of having them later. */

/** What is kept under this key; null when there is nothing that can be read. */
export function readKept(storage: Storage, key: string): unknown {
  try {
    return JSON.parse(storage.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

/** Keeps a value. */
export function writeKept(storage: Storage, key: string, value: unknown): void {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the person keeps working, only a reload forgets.
  }
}
