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
  'e2e',
  'http',
  'inbox',
  'lib',
  'providers',
  'security',
  'sql',
];
/**
 * Rooms whose tests wait most of their time, for leases, outages and deadlines: three of their files at once leave the
 * machine with less to do than two of the others. They come first, by themselves; journeys share a process as above.
 */
const JOURNEYS = ['chaos', 'flows'];
const WAITING = ['loadtest', 'monitoring', 'platform', 'realtime'];

const filesIn = (rooms: readonly string[]): string => `tests/{${rooms.join()}}/**/*.spec.{ts,tsx}`;
const exclude = ['**/node_modules/**', '**/dist/**'];
const waiting = { exclude, maxWorkers: 3, sequence: { groupOrder: 0 } };
const working = { exclude, maxWorkers: 2, sequence: { groupOrder: 1 } };
const elsewhere = filesIn([...JOURNEYS, ...WAITING, ...SHARING]);

// A plain object, not defineConfig: nothing of vitest's is needed to read it.
const config = {
  root: resolve(dirname(fileURLToPath(import.meta.url)), '..'),
  test: {
    pool: 'forks',
    // For a busy machine: what must happen has a deadline of its own.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
    allowOnly: false,
    projects: [
      { extends: true, test: { ...waiting, name: 'journeys', include: [filesIn(JOURNEYS)], isolate: false } },
      { extends: true, test: { ...waiting, name: 'waiting', include: [filesIn(WAITING)] } },
      {
        extends: true,
        test: {
          ...working,
          name: 'alone',
          include: ['tests/**/*.spec.{ts,tsx}'],
          exclude: [...exclude, elsewhere],
        },
      },
      { extends: true, test: { ...working, name: 'sharing', include: [filesIn(SHARING)], isolate: false } },
    ],
  },
};

// Vitest reads only a default export.
export { config as default };
