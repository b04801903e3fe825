/**
 * Runs an engine so that it never outlives us and never stops before us.
 *
 * A small shell stands between. It holds the reading end of a pipe whose writing end is ours; when we are gone, however
 * that happened (SIGKILL too), the pipe ends and the shell stops the engine. Both are in a session of their own, so
 * that Ctrl-C in the terminal reaches us alone and the database is stopped last.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';

import { isAlive, readOwner, startOf } from './pid-lock.mjs';
import { Refusal } from './refusal.mjs';
import { waitFor } from './wait.mjs';

const STOP_TIMEOUT_MS = 15_000;

/** Arguments: the signal that stops the engine, then the command. Writes the engine's pid to descriptor 3. */
const SCRIPT = `
stop=$1; shift
exec 4<&0 </dev/null
"$@" 3>&- 4<&- &
child=$!
echo "$child" >&3
exec 3>&-
(
  while read -r _ <&4; do :; done
  kill -s "$stop" "$child"
  tries=0
  while kill -0 "$child" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -s KILL "$child"
) >/dev/null 2>&1 &
watcher=$!
exec 4<&-
trap 'kill -s "$stop" "$child" 2>/dev/null' TERM INT HUP
while :; do
  wait "$child"; code=$?
  kill -0 "$child" 2>/dev/null || break
done
kill "$watcher" 2>/dev/null
exit "$code"
`;

/**
 * @typedef {object} Guarded A running engine.
 * @property {number} pid the engine's own process, not the shell's
 * @property {Promise<number>} exited settles when it is gone, with its exit code (128 + signal)
 * @property {(signal: NodeJS.Signals) => void} kill
 * @property {(signal: NodeJS.Signals) => Promise<void>} stop asks with `signal`; SIGKILL after 15 s
 */

/**
 * Never two engines on one folder: one that is still stopping, because whoever started it was killed, is waited for.
 *
 * @param {{ command: string, args: string[], stopSignal: 'INT' | 'TERM', logFile: string, pidFile: string,
 *           user?: { uid: number, gid: number } | null, env?: NodeJS.ProcessEnv }} options
 * @returns {Promise<Guarded>}
 */
export async function spawnGuarded({ command, args, stopSignal, logFile, pidFile, user, env }) {
  await predecessorGone(pidFile);
  const log = openSync(logFile, 'a', 0o600);
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'hunfly-guard', stopSignal, command, ...args], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', log, log, 'pipe'],
    ...(user ?? {}),
    ...(env && { env }),
  });
  closeSync(log);
  const exited = once(shell, 'exit').then(([code]) => Number(code ?? 137));
  shell.stdin?.on('error', () => {}); // EPIPE once the shell is gone: `exited` tells that better
  const pid = await readPid(shell);
  writeFileSync(pidFile, JSON.stringify({ pid, started: startOf(pid) }), { mode: 0o600 });
  return {
    pid,
    exited,
    kill: (signal) => signalProcess(pid, signal),
    stop: (signal) => stopProcess(pid, signal, exited),
  };
}

/** @param {string} pidFile */
async function predecessorGone(pidFile) {
  const owner = readOwner(pidFile);
  const gone = waitFor(() => !isAlive(owner), { timeoutMs: STOP_TIMEOUT_MS, what: 'the predecessor has stopped' });
  await gone.catch(() => {
    throw new Refusal(`process ${owner?.pid} still uses this folder (${pidFile}): stop it first`);
  });
}

/**
 * @param {import('node:child_process').ChildProcess} shell
 * @returns {Promise<number>}
 */
async function readPid(shell) {
  let text = '';
  const pipe = /** @type {import('node:stream').Readable} */ (shell.stdio[3]);
  for await (const chunk of pipe) text += String(chunk);
  const pid = Number.parseInt(text, 10);
  if (!(pid > 1)) throw new Refusal('could not start a process under /bin/sh');
  return pid;
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 */
function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error; // already gone is what was wanted
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} signal
 * @param {Promise<number>} exited
 */
async function stopProcess(pid, signal, exited) {
  signalProcess(pid, signal);
  const hard = setTimeout(() => signalProcess(pid, 'SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(hard);
}
