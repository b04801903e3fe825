/** `hunfly migrate` and `hunfly prepare`. */
import { join } from 'node:path';
import { ensurePartitions } from '../inbox/housekeeping/partitions.ts';
import { migrate } from '../platform/migrate.ts';
import { projectRoot } from '../platform/project.ts';
import { postgresClock } from '../platform/shared-clock.ts';
import type { CliCommand, CliContext } from './command.ts';
import { seedDemo } from './demo.ts';
import { checkRedis } from './engines.ts';

async function applyMigrations({ config, log }: CliContext): Promise<readonly string[]> {
  return migrate({ url: config.databaseUrl, directory: join(projectRoot(), 'sql', 'migrations'), log });
}

const migrateCommand: CliCommand = {
  path: 'migrate',
  usage: '',
  about: 'apply sql/migrations under an advisory lock',
  options: {},
  async run(_args, context) {
    const applied = await applyMigrations(context);
    const text = applied.length === 0 ? 'Nothing to apply.' : applied.map((name) => `applied ${name}`).join('\n');
    return { json: { applied }, text };
  },
};

const prepare: CliCommand = {
  path: 'prepare',
  usage: '[--demo]',
  example: '--demo',
  about:
    'look at Redis, migrate, make partitions and, with --demo, the demo tenant; prints {"logins":[…],"warnings":[…]}',
  options: { demo: { type: 'boolean' } },
  async run({ flags }, context) {
    const warnings = await checkRedis(context.config);
    await applyMigrations(context);
    await ensurePartitions(context.database(), (await postgresClock(context.database())).now());
    const logins = flags['demo'] === true ? await seedDemo(context) : [];
    const json = { logins, warnings };
    return { json, text: JSON.stringify(json) };
  },
};

/** This group's commands. */
export const databaseCommands: readonly CliCommand[] = [migrateCommand, prepare];
