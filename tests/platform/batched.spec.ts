import { afterEach, describe, expect, it, vi } from 'vitest';
import { batched } from '../../src/platform/batched.ts';

/** Doubles numbers; `calls` has the keys of each call. */
function doubler(): { ask: (key: number) => Promise<number>; calls: number[][] } {
  const calls: number[][] = [];
  const ask = batched<number, number>((keys) => {
    calls.push([...keys]);
    return Promise.resolve(keys.map((key) => 2 * key));
  }, String);
  return { ask, calls };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('questions asked at about the same time', () => {
  it('go together, each once, and everybody gets the answer to their own', async () => {
    const { ask, calls } = doubler();
    expect(await Promise.all([3, 1, 3, 2].map(ask))).toEqual([6, 2, 6, 4]);
    expect(calls).toEqual([[3, 1, 2]]);
  });

  it('are gathered while the last call is young', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
    const { ask, calls } = doubler();
    await ask(1);
    const later = [ask(2)];
    await new Promise(setImmediate);
    later.push(ask(3));
    vi.advanceTimersByTime(20);
    expect(await Promise.all(later)).toEqual([4, 6]);
    expect(calls).toEqual([[1], [2, 3]]);
  });

  it('are asked anew each time: an answer is never older than its question', async () => {
    let now = 0;
    const ask = batched<string, number>((keys) => Promise.resolve(keys.map(() => (now += 1))), String);
    expect(await ask('a')).toBe(1);
    expect(await ask('a')).toBe(2);
  });

  it('fail together, and the next ones do not', async () => {
    let broken = true;
    const ask = batched<number, number>(
      (keys) => (broken ? Promise.reject(new Error('away')) : Promise.resolve([...keys])),
      String,
    );
    const failed = await Promise.allSettled([ask(1), ask(2)]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    broken = false;
    expect(await ask(1)).toBe(1);
  });

  it('never make a call larger than 500', async () => {
    const { ask, calls } = doubler();
    await Promise.all(Array.from({ length: 1200 }, (_, key) => ask(key)));
    expect(calls.map((keys) => keys.length)).toEqual([500, 500, 200]);
  });
});
