/** Detects keys that belong to an input method, as used to type Japanese, Chinese and Korean. */

interface Key {
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/** The key code that browsers report for a key handled by the input method. */
const PROCESSED = 229;

/**
 * Whether the key belongs to a composition, including the key that ends it. Safari shows the latter only by its key
 * code, because there the composition ends before the key event.
 */
export const isOfComposition = ({ isComposing, keyCode }: Key): boolean => isComposing || keyCode === PROCESSED;
