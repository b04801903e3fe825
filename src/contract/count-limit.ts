/** Conversations are counted up to here: a figure this high means "this many or more". */
export const MOST_COUNTED = 10_000;

/** Most conversations that one `thread:find-erased` may ask about. */
export const MOST_LOOKED_AFTER = 1000;

/** So many colleagues one note names. */
export const MOST_NAMED = 20;
