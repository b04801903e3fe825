/** Words that are put together from several keys, as Japanese, Chinese and Korean are typed. */

interface Key {
  readonly isComposing: boolean;
  readonly keyCode: number;
}

/** What a browser gives for a key that went to the input method. */
const PROCESSED = 229;

/**
 * Whether the key belongs to a word that is being put together, be it the one that ends it. Safari says so by the code
 * alone: there the word has ended before the key is told.
 */
export const isOfComposition = ({ isComposing, keyCode }: Key): boolean => isComposing || keyCode === PROCESSED;
