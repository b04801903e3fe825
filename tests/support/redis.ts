/** A private Redis per suite that can be killed, frozen and started again on the same data. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startRedis } from '../../scripts/bootstrap/redis.mjs';
import { createRedis, type RedisClient, type RedisPurpose } from '../../src/platform/redis.ts';
import { testRunDir } from './environment.ts';
import { silentLog } from './log.ts';
import { ownPort } from './port.ts';
import { waitFor } from './wait.ts';

/** `kill` ends it at once, `freeze` stops it answering, `thaw` undoes that, `restart` keeps data and port. */
export interface TestRedis {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Stops it and removes its data. */
  drop(): Promise<void>;
}

/** Ready for commands. `extraArgs` as on redis-server's command line, e.g. ['--maxmemory', '8mb']. */
export async function startTestRedis(options: { readonly extraArgs?: readonly string[] } = {}): Promise<TestRedis> {
  const dir = await mkdtemp(join(testRunDir(), 'redis-'));
  const engine = await startRedis({ dir, port: await ownPort(), extraArgs: [...(options.extraArgs ?? [])] });
  return {
    url: engine.url,
    port: engine.port,
    kill: async () => {
      engine.kill('SIGKILL');
      await engine.exited;
    },
    freeze: () => {
      engine.kill('SIGSTOP');
    },
    thaw: () => {
      engine.kill('SIGCONT');
    },
    stop: () => engine.stop(),
    restart: () => engine.restart(),
    drop: async () => {
      engine.kill('SIGCONT');
      await engine.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A client that is connected; the caller ends it with closeRedis. */
export async function connectRedis(url: string, purpose: RedisPurpose = 'producer'): Promise<RedisClient> {
  const client = createRedis(url, purpose, silentLog);
  await waitFor(() => client.status === 'ready', { what: 'Redis' });
  return client;
}
