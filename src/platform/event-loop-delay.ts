/** How late a process comes to its work: the metric that prom-client would have it wake up 100 times a second for. */
import { createHistogram } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';

/** Each look wakes a process that sleeps, which costs some 100 µs of CPU. */
const LOOK_EVERY_MS = 200;
const PREFIX = 'nodejs_eventloop_lag_';

/** Puts `nodejs_eventloop_lag_p99_seconds` in the place of the registry's default metrics of that kind. */
export function measureEventLoopDelay(registry: Registry): void {
  for (const { name } of registry.getMetricsAsArray()) if (name.startsWith(PREFIX)) registry.removeSingleMetric(name);
  const lateMs = createHistogram();
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    // A histogram takes whole numbers above 0.
    lateMs.record(Math.max(1, Math.round(nowMs - lastMs - LOOK_EVERY_MS)));
    lastMs = nowMs;
  }, LOOK_EVERY_MS).unref();
  new Gauge({
    name: `${PREFIX}p99_seconds`,
    help: 'How late this process came to its work since it was last asked, 99th percentile.',
    registers: [registry],
    aggregator: 'max',
    collect() {
      this.set(lateMs.percentile(99) / 1000);
      lateMs.reset();
    },
  });
}
