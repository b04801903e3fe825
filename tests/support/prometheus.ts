/** A real Prometheus and its promtool. */
import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { spawnGuarded } from '../../scripts/bootstrap/guard.mjs';
import { describeDidNotRun } from './did-not-run.ts';
import { prometheusPath, testRunDir } from './environment.ts';
import { ownPort } from './port.ts';
import { waitFor } from './wait.ts';

const MISSING = 'there is no Prometheus: install it, with promtool beside it';

/** A suite with Prometheus; `path` is the server. */
export function describeWithPrometheus(title: string, body: (path: string) => void): void {
  const path = prometheusPath();
  if (path === null) {
    describeDidNotRun(title, MISSING);
    return;
  }
  describe(title, () => {
    body(path);
  });
}

/** What `promtool` printed, on either stream, and whether it was content. */
export function promtool(path: string, args: readonly string[]): Promise<{ isContent: boolean; said: string }> {
  return new Promise((resolve) => {
    const file = join(dirname(path), 'promtool');
    execFile(file, [...args], { maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ isContent: error === null, said: `${stdout}\n${stderr}` });
    });
  });
}

/** A running server that scrapes and evaluates. */
export interface Prometheus {
  /** Alerts that are firing, by their labels. */
  firing(): Promise<readonly Readonly<Record<string, string>>[]>;
  /** What an expression gives at this moment: a value per series. */
  values(expr: string): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** Ready to be asked; `config` as in prometheus.yml. */
export async function startPrometheus(path: string, config: object): Promise<Prometheus> {
  const dir = await mkdtemp(join(testRunDir(), 'prometheus-'));
  const file = join(dir, 'prometheus.yml');
  await writeFile(file, JSON.stringify(config));
  const url = `127.0.0.1:${String(await ownPort())}`;
  const server = await spawnGuarded({
    command: path,
    args: [`--config.file=${file}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=${url}`],
    stopSignal: 'TERM',
    logFile: join(dir, 'prometheus.log'),
    pidFile: join(dir, 'guarded.pid'),
  });
  const ask = async <T>(what: string): Promise<T> => {
    const response = await fetch(`http://${url}/api/v1/${what}`);
    return ((await response.json()) as { data: T }).data;
  };
  await waitFor(async () => (await fetch(`http://${url}/-/ready`)).ok, { what: 'Prometheus' });
  return {
    firing: async () => {
      const { alerts } = await ask<{ alerts: { state: string; labels: Record<string, string> }[] }>('alerts');
      return alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
    },
    values: async (expr) => {
      const { result } = await ask<{ result: { value: [number, string] }[] }>(
        `query?query=${encodeURIComponent(expr)}`,
      );
      return result.map(({ value }) => Number(value[1]));
    },
    stop: () => server.stop('SIGTERM'),
  };
}
