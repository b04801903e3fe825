/** Postgres refuses to run as root: which account runs it then, and which files that account can access. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** @typedef {{ uid: number, gid: number }} Account */

/**
 * @returns {Account | null} `postgres` if this machine has it, else `nobody`; null when we are not root anyway.
 *   It must be in /etc/passwd: initdb looks its own name up.
 */
export function engineAccount() {
  if (process.getuid?.() !== 0) return null;
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = lines.find(([name]) => name === 'postgres') ?? lines.find(([name]) => name === 'nobody');
  return { uid: Number(found?.[2] ?? 65534), gid: Number(found?.[3] ?? 65534) };
}

/**
 * @param {string} path
 * @param {Account | null} account
 * @returns {boolean} whether the account may enter or run `path` (a checkout under /root is closed to others)
 */
export function canReach(path, account) {
  return !account || spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { cwd: '/', ...account }).status === 0;
}
