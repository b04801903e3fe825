import { afterEach, describe, expect, it, vi } from 'vitest';
import { startAll, stopOnSignals } from '../../src/platform/lifecycle.ts';
import type { Part } from '../../src/platform/lifecycle.ts';
import { recordingLog, silentLog } from '../support/log.ts';

function parts(calls: string[], broken?: string): Part[] {
  return ['a', 'b', 'c'].map((name) => ({
    name,
    start: () => {
      calls.push(`start ${name}`);
      if (name === broken) throw new Error('no');
    },
    stop: () => {
      calls.push(`stop ${name}`);
    },
  }));
}

describe('a process', () => {
  it('starts its parts in order and stops them in reverse, once', async () => {
    const calls: string[] = [];
    const running = await startAll(parts(calls), { log: silentLog });
    await Promise.all([running.stop('test'), running.stop('again'), running.stopped]);
    expect(calls).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  it('stops what it had started when a part does not start', async () => {
    const calls: string[] = [];
    await expect(startAll(parts(calls, 'c'), { log: silentLog })).rejects.toThrow('no');
    expect(calls).toEqual(['start a', 'start b', 'start c', 'stop b', 'stop a']);
  });

  it('goes on to the next part when one does not stop', async () => {
    const calls: string[] = [];
    const { log, text } = recordingLog();
    const hanging: Part = { name: 'hanging', start: () => undefined, stop: () => new Promise(() => undefined) };
    const running = await startAll([...parts(calls), hanging], { log, partDeadlineMs: 50 });
    await running.stop('test');
    expect(calls.slice(3)).toEqual(['stop c', 'stop b', 'stop a']);
    expect(text()).toContain('did not stop cleanly');
  });

  it('ends its patience for all parts together', async () => {
    const hanging: Part = { name: 'hanging', start: () => undefined, stop: () => new Promise(() => undefined) };
    const { log, text } = recordingLog();
    const running = await startAll([hanging], { log, totalDeadlineMs: 50 });
    await running.stop('test');
    expect(text()).toContain('abandoned');
  });
});

describe('the end of a process', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    { name: 'is no failure when it was asked to stop', error: null, code: 0 },
    {
      name: 'is a failure when an error that nobody caught came while it was stopping',
      error: new Error('late'),
      code: 1,
    },
  ])('$name', async ({ error, code }) => {
    const handlers = new Map<unknown, (given?: unknown) => void>();
    vi.spyOn(process, 'on').mockImplementation((event, handler: (given?: unknown) => void) => {
      handlers.set(event, handler);
      return process;
    });
    const ended = new Promise((resolve) => {
      vi.spyOn(process, 'exit').mockImplementation((given) => {
        resolve(given);
        return undefined as never;
      });
    });
    let release: () => void = () => undefined;
    const slow: Part = {
      name: 'slow',
      start: () => undefined,
      stop: () => new Promise((resolve) => (release = resolve)),
    };
    const running = await startAll([slow], { log: silentLog });
    stopOnSignals(running, silentLog);
    handlers.get('SIGTERM')?.();
    await Promise.resolve();
    if (error !== null) handlers.get('uncaughtException')?.(error);
    release();
    expect(await ended).toBe(code);
  });
});
