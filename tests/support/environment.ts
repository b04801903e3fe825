/** What the test runner passes to the tests. */

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is missing: run the tests with npm test.`);
  return value;
}

/** The run's Postgres: a superuser's URL to the maintenance database. */
export function testDatabaseUrl(): string {
  return required('TEST_DATABASE_URL');
}

/** The run's shared Redis. */
export function testRedisUrl(): string {
  return required('TEST_REDIS_URL');
}

/** A folder that is deleted with the run. */
export function testRunDir(): string {
  return required('TEST_RUN_DIR');
}

/** Chromium or Chrome; null where there is none. */
export function chromePath(): string | null {
  return process.env['CHROME_PATH'] ?? null;
}

/** Prometheus, with promtool beside it; null where there is none. */
export function prometheusPath(): string | null {
  return process.env['PROMETHEUS_PATH'] ?? null;
}

/** True on a CI machine, where nothing may be skipped. */
export function isCi(): boolean {
  return process.env['CI'] === 'true';
}
