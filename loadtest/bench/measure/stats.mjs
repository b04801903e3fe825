/** Medians, percentiles and ratios. Pure. */

/**
 * @param {number[]} values
 * @param {number} share 0 to 1
 * @returns {number} NaN of nothing
 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * @param {number[]} values
 * @returns {{ median: number, min: number, max: number }}
 */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/**
 * Ratios within each round, where the machine was the same for both; then their spread.
 *
 * @param {number[]} ours by round
 * @param {number[]} theirs by round
 */
export function pairedRatio(ours, theirs) {
  return spread(ours.flatMap((value, round) => (theirs[round] ? [value / theirs[round]] : [])));
}
