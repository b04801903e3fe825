/** A release starts on the schema it was made for and on later ones, and says what to do on an older one. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSystem, type System } from '../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
});
afterAll(() => system.stop());

it('starts where a newer release has migrated already', async () => {
  await system.database.run(
    'test.later',
    (sql) => sql`insert into schema_migrations (version, name, checksum) values (9999, '9999_of_a_later_one.sql', 'x')`,
  );
  const gateway = await system.spawn('server');
  expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
  await gateway.end('SIGTERM');
});

it.each(['server', 'consumers/inbound'])(
  '%s does not start on an older one, and names the migration and the command',
  async (entry) => {
    await system.database.run('test.older', (sql) => sql`delete from schema_migrations where version = 43`);
    const refused = await system.spawn(entry).then(
      () => '',
      (error: unknown) => String(error),
    );
    expect(refused).toMatch(/ended with 1; see /);
    const log = await readFile(refused.split('see ')[1] ?? '', 'utf8');
    expect(log).toContain('The database lacks 0043_end_sessions.sql. Run hunfly migrate before this release.');
  },
);
