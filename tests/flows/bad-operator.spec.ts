/** An operator's typing mistake and a wrong environment are named, and nothing is changed. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem, type System } from '../support/system.ts';

const ROOT = join(import.meta.dirname, '../..');
const WORD = 'not-a-key-but-a-secret-all-the-same';

let system: System;

beforeAll(async () => {
  system = await createSystem();
});
afterAll(() => system.stop());

/** What the commands below would have changed. */
function state(): Promise<unknown> {
  return system.database.run(
    'test.state',
    (sql) => sql`select (select count(*)::int from tenants) as tenants, (select count(*)::int from users) as users,
      (select count(*)::int from tenant_members) as members, (select count(*)::int from audit_log) as audit`,
  );
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> {
  const options = { cwd: ROOT, env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: 30_000 };
  return promisify(execFile)(process.execPath, [join(ROOT, 'dist', file), ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: unknown) => error as Ended,
  );
}

describe('an operator who types something wrong', () => {
  it('is told what, by name, with exit code 2, and nothing is changed', async () => {
    const before = await state();
    const lines = [
      ['no-such-command'],
      ['tenant', 'create', '--slug', 'UPPER CASE', '--name', 'X'],
      ['tenant', 'create', '--slug', 'fine', '--name', 'X', '--colour', 'red'],
      [
        'member',
        'add',
        '--tenant',
        'x',
        '--email',
        'nobody',
        '--name',
        'N',
        '--role',
        'king',
        '--password',
        'long enough',
      ],
      ['token', '--email', 'a@b.example', '--ttl-s', 'soon'],
      ['consumer', 'nothing'],
      ['dead-letters', 'show'],
    ];
    const ended = await Promise.all(lines.map((line) => run('cli.js', line, system.env)));
    const wrong = ended.flatMap(({ code, stderr }, index) =>
      code === 2 && /^\w+: .+/m.test(stderr) && !stderr.includes('    at ')
        ? []
        : [{ line: lines[index], code, stderr }],
    );
    expect(wrong).toEqual([]);
    expect(await state()).toEqual(before);
  });
});

describe('an operator whose environment is wrong', () => {
  it('is told which variables, in one JSON document too', async () => {
    const { code, stdout, stderr } = await run(
      'cli.js',
      ['tenant', 'create', '--slug', 'x', '--name', 'X', '--json'],
      {},
    );
    const { error } = JSON.parse(stdout) as { error: { message: string } };
    expect(code).toBe(78);
    for (const text of [error.message, stderr]) expect(text).toMatch(/DATABASE_URL is missing. Example: DATABASE_URL=/);
  });
});

describe('an operator who has read enough', () => {
  it('ends the command quietly, as `head` does', async () => {
    const env = { PATH: process.env['PATH'] ?? '', ...system.env };
    const child = spawn(process.execPath, [join(ROOT, 'dist/cli.js'), '--help'], { cwd: ROOT, env });
    child.stdout.destroy();
    const [stderr] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect([child.exitCode, stderr]).toEqual([0, '']);
  });
});

describe('a process with a wrong environment', () => {
  it.each([
    ['server.js', { PORT: 'http' }],
    ['server.js', { DATABASE_URL: '' }],
    ['consumers/inbound.js', { REDIS_URL: 'mysql://x' }],
    ['consumers/outbound.js', { ENCRYPTION_KEY: WORD }],
    ['consumers/housekeeping.js', { METRICS_PORT: '99999' }],
    ['server.js', { METRICS_PEERS: 'localhost:1' }],
  ] as const)('%s does not start and names the variable: %j', async (file, change) => {
    const { code, stdout, stderr } = await run(file, [], { ...system.env, ...change });
    const [name = '', value = ''] = Object.entries(change)[0] ?? [];
    expect(code).toBe(78);
    expect(stderr).toMatch(new RegExp(`${name} .+Example: ${name}=`));
    if (value === WORD) expect(stdout + stderr).not.toContain(value);
  });
});
