/**
 * `node scripts/dump-schema.mjs`: migrates an empty database of its own and writes what came out to sql/schema.sql,
 * sql/functions/ and sql/views/.
 */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { build } from './bootstrap/build.mjs';
import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { ROOT } from './bootstrap/paths.mjs';
import { startPostgres } from './bootstrap/postgres.mjs';
import { runCommand, say } from './bootstrap/refusal.mjs';
import { cutDefinitions, writeDefinitions } from './schema/definitions.mjs';
import { describeSchema } from './schema/describe.mjs';
import { cliOutput } from './supervisor/run-cli.mjs';
import { makeRunDir } from './testing/run-dir.mjs';

const DIRECTORY = join(ROOT, 'sql');

/** @param {string} url */
async function dump(url) {
  const secret = randomBytes(32).toString('hex');
  // Migrating opens no Redis and no secret; the configuration asks for them all the same.
  const env = { REDIS_URL: 'redis://127.0.0.1:1', APP_JWT_SECRET: secret, ENCRYPTION_KEY: secret };
  await cliOutput(['migrate'], { ...env, DATABASE_URL: url });
  const { default: postgres } = await import('postgres');
  const sql = postgres(url, { max: 1 });
  try {
    const definitions = await cutDefinitions(sql, join(DIRECTORY, 'migrations'));
    writeFileSync(join(DIRECTORY, 'schema.sql'), await describeSchema(sql));
    writeDefinitions(DIRECTORY, definitions);
  } finally {
    await sql.end();
  }
}

await runCommand(async () => {
  ensureNode();
  await ensureDeps();
  await build({ client: false, say });
  const dir = makeRunDir();
  const engine = await startPostgres({ dir: join(dir, 'postgres'), fast: true });
  try {
    await dump(engine.url);
    say(`wrote schema.sql, functions/ and views/ in ${DIRECTORY}`);
    return 0;
  } finally {
    await engine.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});
process.exit();
