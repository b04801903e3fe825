/** Measures how late the event loop gets to its work. */
import { createHistogram } from 'node:perf_hooks';

/** Each sample wakes a sleeping process, which costs about 100 µs of CPU. */
const LOOK_EVERY_MS = 200;

/** Starts sampling. The returned function gives the 99th percentile since its last call, in seconds. */
export function watchEventLoopDelay(): () => number {
  const lateMs = createHistogram();
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    // The histogram only takes whole numbers above 0.
    lateMs.record(Math.max(1, Math.round(nowMs - lastMs - LOOK_EVERY_MS)));
    lastMs = nowMs;
  }, LOOK_EVERY_MS).unref();
  return () => {
    const late = lateMs.percentile(99) / 1000;
    lateMs.reset();
    return late;
  };
}
