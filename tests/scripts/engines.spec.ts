import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ROOT } from '../../scripts/bootstrap/paths.mjs';
import { startOf } from '../../scripts/bootstrap/pid-lock.mjs';
import { startRedis } from '../../scripts/bootstrap/redis.mjs';
import { waitFor } from '../../scripts/bootstrap/wait.mjs';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hunfly-engines-'));
  chmodSync(dir, 0o711); // Postgres, under its own account, has to pass through
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** A process that starts one engine in `dir`, prints its pid and stays. */
async function holder(module: string, call: string): Promise<{ kill: () => void; enginePid: number }> {
  const code = `const m = await import(${JSON.stringify(join(ROOT, 'scripts', 'bootstrap', module))});
    const engine = await m.${call}; console.log(engine.pid);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [pid] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  return { kill: () => child.kill('SIGKILL'), enginePid: Number(pid) };
}

describe('an engine never outlives whoever started it', () => {
  it.each([
    ['Redis', 'redis.mjs', (folder: string) => `startRedis({ dir: ${JSON.stringify(folder)} })`],
    ['Postgres', 'postgres.mjs', (folder: string) => `startPostgres({ dir: ${JSON.stringify(folder)}, fast: true })`],
  ])('%s ends after its starter was killed with SIGKILL', async (_name, module, call) => {
    const { kill, enginePid } = await holder(module, call(join(dir, 'engine')));
    expect(startOf(enginePid)).not.toBeNull();
    kill();
    await waitFor(() => startOf(enginePid) === null, { timeoutMs: 20_000, what: 'the engine has ended' });
  });
});

describe('Redis', () => {
  it('has every entry it acknowledged after being killed and started again, on the same port', async () => {
    const redis = await startRedis({ dir: join(dir, 'redis'), password: 'a-password' });
    try {
      const client = new Redis(redis.url, { maxRetriesPerRequest: null });
      const ids = await Promise.all(Array.from({ length: 50 }, (_, n) => client.xadd('s', '*', 'n', String(n))));
      redis.kill();
      await redis.exited;
      await redis.restart();
      expect(await client.xlen('s')).toBe(ids.length);
      expect(await client.config('GET', 'maxmemory-policy')).toContain('noeviction');
      client.disconnect();
    } finally {
      await redis.stop();
    }
  });

  it('takes a full memory as an error, never as a reason to forget', async () => {
    const redis = await startRedis({ dir: join(dir, 'redis'), extraArgs: ['--maxmemory', '2mb'] });
    try {
      const client = new Redis(redis.url);
      const fill = async () => {
        for (;;) await client.xadd('s', '*', 'body', 'x'.repeat(100_000));
      };
      await expect(fill()).rejects.toThrow(/OOM/);
      client.disconnect();
    } finally {
      await redis.stop();
    }
  });

  it('keeps its password out of everybody’s sight', async () => {
    const redis = await startRedis({ dir: join(dir, 'redis'), password: 'not-for-others' });
    try {
      if (process.platform === 'linux') {
        expect(readFileSync(`/proc/${String(redis.pid)}/cmdline`, 'utf8')).not.toContain('not-for-others');
      }
      const stranger = new Redis(redis.port, '127.0.0.1', { maxRetriesPerRequest: 0, protocol: 2 });
      stranger.on('error', () => {}); // the refusal below says it
      await expect(stranger.ping()).rejects.toThrow(/NOAUTH/);
      stranger.disconnect();
    } finally {
      await redis.stop();
    }
  });
});
