/** Waits for a condition instead of for time. */

/** As long as a step takes on a busy machine: a slow machine is not a failure. */
export const PATIENCE_MS = 30_000;

/**
 * Resolves with the first value of `condition` that is not false, null or undefined; checks every 10 ms. Rejects after
 * `deadlineMs` (default PATIENCE_MS), naming `what`, with the condition's last error as cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { readonly deadlineMs?: number; readonly what?: string } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const { deadlineMs = PATIENCE_MS, what = 'the condition' } = options;
  const endMs = performance.now() + deadlineMs;
  let lastError: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined) return value as NonNullable<Exclude<T, false>>;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > endMs) {
      throw new Error(`${what} did not come true within ${String(deadlineMs)} ms.`, { cause: lastError });
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
