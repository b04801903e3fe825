/** A real Prometheus and its promtool. */
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { describe } from 'vitest';
import { describeDidNotRun } from './did-not-run.ts';
import { prometheusPath } from './environment.ts';

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
