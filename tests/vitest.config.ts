import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

// A plain object, not defineConfig: nothing of vitest's is needed to read it.
const config = {
  root: resolve(dirname(fileURLToPath(import.meta.url)), '..'),
  test: {
    include: ['tests/**/*.spec.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
    allowOnly: false,
  },
};

// Vitest reads only a default export.
export { config as default };
