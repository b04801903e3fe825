/** A database that was restored without what the cluster kept beside it is refused, in words that say what to do. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSystem, refusal, type System } from '../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem({ ownPostgres: true });
});
afterAll(() => system.stop());

it('starts where everything is there', async () => {
  const gateway = await system.spawn('server');
  expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
  await gateway.end('SIGTERM');
});

it('does not start where the grants were left out of the restore', async () => {
  await system.database.transaction('test.grants', async (tx) => {
    await tx`revoke all on all tables in schema public from hunfly_app`;
  });
  expect(await refusal(system, 'server')).toMatch(/Policies or grants of .*messages.* are missing\. See docs/);
});

it('does not start where only one of the roles was there at the restore', async () => {
  await system.database.transaction('test.roles', async (tx) => {
    await tx`grant select on all tables in schema public to hunfly_app`;
    await tx`drop owned by hunfly_round`;
  });
  expect(await refusal(system, 'server')).toContain('Policies or grants of messages are missing. See docs/');
});

it('does not start where the roles stayed in the old cluster', async () => {
  await system.database.transaction('test.roles', async (tx) => {
    for (const role of ['hunfly_app', 'hunfly_round']) {
      await tx`drop owned by ${tx(role)}`;
      await tx`drop role ${tx(role)}`;
    }
  });
  for (const entry of ['server', 'consumers/inbound']) {
    expect(await refusal(system, entry)).toContain(
      'The role of DATABASE_URL may not become hunfly_app and hunfly_round. See docs/operations.md, Backup and restore.',
    );
  }
});

it('does not start where the roles came after the dump, whose policies could not be made without them', async () => {
  await system.database.transaction('test.roles', async (tx) => {
    for (const role of ['hunfly_app', 'hunfly_round']) await tx`create role ${tx(role)} nologin`;
  });
  expect(await refusal(system, 'server')).toMatch(/Policies or grants of .*messages.* are missing\. See docs/);
});
