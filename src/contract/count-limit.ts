/** Nobody counts conversations further: a figure this high means so many or more. */
export const MOST_COUNTED = 10_000;

/** So many conversations one `thread:find-erased` asks about. */
export const MOST_LOOKED_AFTER = 1000;
