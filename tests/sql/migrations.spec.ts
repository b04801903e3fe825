import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, readMigrations } from '../../src/platform/migrate.ts';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { silentLog } from '../support/log.ts';

const DIRECTORY = fileURLToPath(new URL('../../sql/migrations', import.meta.url));

let db: TestDatabase;

beforeEach(async () => {
  db = await createTestDatabase({ migrated: false });
});

afterEach(() => db.drop());

describe('the migrations of the product', () => {
  it('are applied once each when three releases start at the same moment, on databases of one cluster', async () => {
    const other = await createTestDatabase({ migrated: false });
    const run = (url: string): Promise<readonly string[]> => migrate({ url, directory: DIRECTORY, log: silentLog });
    try {
      // Roles belong to the cluster, so that two databases of it meet there as well.
      const done = await Promise.all([run(db.url), run(db.url), run(db.url), run(other.url)]);
      const all = (await readMigrations(DIRECTORY)).map(({ name }) => name);
      expect(done.slice(0, 3).flat().sort()).toEqual(all);
      expect(done[3]).toEqual(all);
    } finally {
      await other.drop();
    }
  });

  it('each say in their first line whether a running older release can live with them', async () => {
    for (const { path, name } of await readMigrations(DIRECTORY)) {
      expect((await readFile(path, 'utf8')).split('\n')[0], name).toMatch(/^-- (safe|breaking): .{8,}$/);
    }
  });
});
