import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Rooms whose files run one after the other in the same process and import the product once: nothing there changes what
 * is global or outlives its file. Starting a process for each file took a tenth of the suite's time.
 */
const SHARING = [
  'architecture',
  'cli',
  'client',
  'conformance',
  'contract',
  'http',
  'inbox',
  'lib',
  'providers',
  'security',
  'sql',
];
const inRooms = `tests/{${SHARING.join()}}/**/*.spec.{ts,tsx}`;
const exclude = ['**/node_modules/**', '**/dist/**'];

// A plain object, not defineConfig: nothing of vitest's is needed to read it.
const config = {
  root: resolve(dirname(fileURLToPath(import.meta.url)), '..'),
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
    allowOnly: false,
    projects: [
      { extends: true, test: { name: 'alone', include: ['tests/**/*.spec.{ts,tsx}'], exclude: [...exclude, inRooms] } },
      { extends: true, test: { name: 'sharing', include: [inRooms], exclude, isolate: false } },
    ],
  },
};

// Vitest reads only a default export.
export { config as default };
