import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { startOf, thisProcess } from '../../scripts/bootstrap/pid-lock.mjs';
import { waitFor } from '../../scripts/bootstrap/wait.mjs';
import { lastWords, startWorker } from '../../scripts/supervisor/worker.mjs';
import { makeRunDir, placeForStores } from '../../scripts/testing/run-dir.mjs';

const patience = { timeoutMs: 20_000, what: 'the process changes' };
const READY = "process.send({ type: 'ready' }); setInterval(() => {}, 1000);";

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hunfly-worker-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function worker(code: string) {
  const file = join(dir, 'process.mjs');
  writeFileSync(file, code);
  return startWorker({ name: 'one', file, env: {}, logDir: join(dir, 'logs'), onChange: () => {} });
}

it('a process that is killed is started again, and stop() is final', async () => {
  const one = worker(READY);
  await waitFor(() => one.state === 'ready', patience);
  const first = one.pid ?? 0;
  process.kill(first, 'SIGKILL');
  await waitFor(() => one.state === 'ready' && one.pid !== first, patience);
  await one.stop(5_000);
  expect(startOf(one.pid ?? 0)).toBeNull();
});

it('a process that does not start counts its failures and leaves its last words', async () => {
  const one = worker("console.error('PORT is missing'); process.exit(78);");
  await waitFor(() => one.failures >= 2, patience);
  await one.stop(5_000);
  expect(lastWords(one)).toContain('PORT is missing');
});

it('a process that ignores SIGTERM is killed when its time is over', async () => {
  const one = worker(`process.on('SIGTERM', () => {}); ${READY}`);
  await waitFor(() => one.state === 'ready', patience);
  await one.stop(200);
  expect(startOf(one.pid ?? 0)).toBeNull();
});

it('every process ends when the supervisor is killed with SIGKILL', async () => {
  const file = join(dir, 'process.mjs');
  writeFileSync(file, READY);
  const code = `const { startWorker } = await import(${JSON.stringify(join(ROOT, 'scripts/supervisor/worker.mjs'))});
    const one = startWorker({ name: 'one', file: ${JSON.stringify(file)}, env: {}, logDir: ${JSON.stringify(dir)},
      onChange: () => console.log(one.pid) });`;
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = (await once(supervisor.stdout.setEncoding('utf8'), 'data')) as [string];
  supervisor.kill('SIGKILL');
  await waitFor(() => startOf(Number(pid)) === null, patience);
});

it('a test run sweeps away what a killed one left, and nothing of a living one', () => {
  const killed = makeRunDir();
  writeFileSync(join(killed, 'owner.json'), JSON.stringify({ ...thisProcess(), started: 'never' }));
  const living = makeRunDir();
  const next = makeRunDir();
  expect(() => rmSync(killed)).toThrow(/ENOENT/);
  for (const folder of [living, next]) rmSync(folder, { recursive: true });
});

it('a test run frees the memory that a killed one holds before it looks whether there is room', () => {
  const killed = makeRunDir(dir);
  writeFileSync(join(killed, 'owner.json'), JSON.stringify({ ...thisProcess(), started: 'never' }));
  placeForStores(dir);
  expect(existsSync(killed)).toBe(false);
});

it('a log that grows while the process runs is cut, and the process goes on writing to it', async () => {
  const file = join(dir, 'talker.mjs');
  writeFileSync(file, "process.send({ type: 'ready' }); setInterval(() => console.log('x'.repeat(1000)), 1);");
  const logMaxBytes = 20_000;
  const options = { name: 'talker', file, env: {}, logDir: join(dir, 'logs'), onChange: () => {} };
  const one = startWorker({ ...options, logMaxBytes, logLookMs: 20 });
  const size = (name: string) => statSync(name, { throwIfNoEntry: false })?.size ?? 0;
  await waitFor(() => size(`${one.logFile}.1`) > 0 && size(one.logFile) > 0, patience);
  await waitFor(() => size(one.logFile) < logMaxBytes, patience);
  await one.stop(5_000);
});
