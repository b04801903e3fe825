/** A process whose ENCRYPTION_KEY opens no stored credential is refused, before any number is stopped for want of it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { createSystem, refusal, SECRETS, type System } from '../support/system.ts';
import { createTeam } from '../support/team.ts';
import { PATIENCE_MS } from '../support/wait.ts';

const OTHER_KEY = 'f'.repeat(64);
const WORDS = 'ENCRYPTION_KEY opens the credentials of none of the';

let system: System;
beforeAll(async () => {
  system = await createSystem();
});
afterAll(() => system.stop());

/** A number whose token, and own secret if it has one, is encrypted with this key. */
async function add(key: string, externalId: string, secret: string | null): Promise<void> {
  const { tenantId } = await createTeam(system.database);
  const account = { tenantId, provider: 'cloud', name: 'Shop', externalId, secret, accessToken: 'token' } as const;
  await system.database.transaction('test.add', (tx) =>
    addAccount(tx, account, encryptionKey(Buffer.from(key, 'hex'))),
  );
}

async function starts(key: string): Promise<void> {
  const worker = await system.spawn('consumers/inbound', { ENCRYPTION_KEY: key });
  await worker.end('SIGTERM');
}

it('starts with any key while no number has a credential', async () => {
  await starts(OTHER_KEY);
});

it('does not start with a key that opens nothing, and says what to do', async () => {
  await add(SECRETS.ENCRYPTION_KEY, 'one', null);
  await add(SECRETS.ENCRYPTION_KEY, 'two', 'secret,other');
  for (const entry of ['server', 'consumers/inbound']) {
    const said = await refusal(system, entry, { ENCRYPTION_KEY: OTHER_KEY });
    expect(said).toContain(`${WORDS} 2 numbers that have any`);
    expect(said).toContain('See docs/operations.md, Secrets.');
  }
});

it.each([['gateway'], ['consumer', 'inbound']])('ends when the operator’s CLI was to run it: %s', async (...words) => {
  const env = { ...system.env, ENCRYPTION_KEY: OTHER_KEY, PORT: '0' };
  const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), ...words], { env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  const deadline = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(deadline);
  expect(code).toBe(1);
  expect(said).toContain(WORDS);
});

it('starts while a key is rotated, and with a new key once one number has new credentials', async () => {
  await starts(`${OTHER_KEY},${SECRETS.ENCRYPTION_KEY}`);
  await add(OTHER_KEY, 'three', null);
  await starts(OTHER_KEY);
  await starts(SECRETS.ENCRYPTION_KEY);
});
