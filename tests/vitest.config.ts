import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Rooms whose tests wait most of their time, for leases, outages and deadlines: three of their files at once leave the
 * machine with less to do than two of the others. They come first, by themselves.
 */
const WAITING = ['chaos', 'flows', 'loadtest', 'monitoring', 'platform', 'realtime'];

/**
 * A process each: what these count is counted from its beginning, the clock of one runs ahead, and storms leave no room
 * for others.
 */
const ALONE = ['tests/platform/{metrics,postgres-gauge,postgres-replica}.spec.ts', 'tests/sync/**/*.spec.ts'];

const waiting = `tests/{${WAITING.join()}}/**/*.spec.{ts,tsx}`;
const exclude = ['**/node_modules/**', '**/dist/**'];
const working = { maxWorkers: 2, sequence: { groupOrder: 1 } };

// A plain object, not defineConfig: nothing of vitest's is needed to read it.
const config = {
  root: resolve(dirname(fileURLToPath(import.meta.url)), '..'),
  test: {
    pool: 'forks',
    // A process runs many files, one after the other, and imports the product once; to import it for each costs a second
    // of work per file. So a file puts back what it changes of what is global.
    isolate: false,
    // For a busy machine: what must happen has a deadline of its own.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
    allowOnly: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'waiting',
          include: [waiting],
          exclude: [...exclude, ...ALONE],
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { ...working, name: 'alone', include: ALONE, exclude, isolate: true } },
      {
        extends: true,
        test: {
          ...working,
          name: 'working',
          include: ['tests/**/*.spec.{ts,tsx}'],
          exclude: [...exclude, waiting, ...ALONE],
        },
      },
    ],
  },
};

// Vitest reads only a default export.
export { config as default };
