import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { readOwner, tryLock } from '../../scripts/bootstrap/pid-lock.mjs';
import { freePort, waitFor } from '../../scripts/bootstrap/wait.mjs';

let dir = '';
let group = 0;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hunfly-stop-'));
});
afterEach(() => {
  try {
    process.kill(-group, 'SIGKILL'); // what outlived npm after all
  } catch {
    // Nothing did.
  }
  rmSync(dir, { recursive: true, force: true });
});

/** The whole of `npm start` as a script starts it, once it is busy with its engines. */
async function starting() {
  const args = ['start', '--', '--data', dir, '--port', String(await freePort()), '--no-demo', '--no-simulator'];
  const npm = spawn('npm', args, {
    cwd: ROOT,
    detached: true, // a group of its own, as in a terminal
    env: { ...process.env, DATABASE_URL: '', REDIS_URL: '' },
  });
  group = npm.pid ?? 0;
  const said = { text: '' };
  for (const stream of [npm.stdout, npm.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (said.text += chunk));
  await waitFor(() => said.text.includes('starting Postgres'), { timeoutMs: 60_000, what: 'the engines are started' });
  /** That npm ended, and that everything had then been stopped. */
  const stopped = async () => {
    if (npm.exitCode === null && npm.signalCode === null) await once(npm, 'exit');
    const lock = tryLock(join(dir, 'start.lock'), 'start');
    await waitFor(() => /stopping \.\.\.\s+stopped/.test(said.text), { timeoutMs: 20_000, what: `"stopped" is said` });
    return lock !== null;
  };
  return { npm, said, stopped };
}

describe('npm start is over when npm is', { timeout: 180_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s for npm alone stops everything', async (signal) => {
    const { npm, stopped } = await starting();
    npm.kill(signal);
    expect(await stopped()).toBe(true);
  });

  it('Ctrl-C, which a terminal sends to npm and to us, is one press', async () => {
    const { npm, said, stopped } = await starting();
    process.kill(readOwner(join(dir, 'start.lock'))?.pid ?? 0, 'SIGINT');
    await waitFor(() => said.text.includes('stopping'), { timeoutMs: 20_000, what: 'the first is heard' });
    npm.kill('SIGINT');
    expect(await stopped()).toBe(true);
  });
});
