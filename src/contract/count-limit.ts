/** Nobody counts conversations further: a figure this high means so many or more. */
export const MOST_COUNTED = 10_000;
