/** How late a process comes to its work. */
import { createHistogram } from 'node:perf_hooks';

/** Each look wakes a process that sleeps, which costs some 100 µs of CPU. */
const LOOK_EVERY_MS = 200;

/** Begins to look; the returned function tells the 99th percentile since it was last called, in seconds. */
export function watchEventLoopDelay(): () => number {
  const lateMs = createHistogram();
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    // A histogram takes whole numbers above 0.
    lateMs.record(Math.max(1, Math.round(nowMs - lastMs - LOOK_EVERY_MS)));
    lastMs = nowMs;
  }, LOOK_EVERY_MS).unref();
  return () => {
    const late = lateMs.percentile(99) / 1000;
    lateMs.reset();
    return late;
  };
}
