import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/inbox/messages/dispatch/breaker.ts';

function feed(breaker: Breaker, results: readonly ('ok' | 'failed')[], fromMs = 0): number {
  let nowMs = fromMs;
  for (const result of results) {
    if (breaker.enter(nowMs) > 0) return nowMs;
    breaker.leave(result, nowMs);
    nowMs += 100;
  }
  return nowMs;
}

const many = (result: 'ok' | 'failed', count: number): ('ok' | 'failed')[] =>
  Array.from({ length: count }, () => result);

describe('the breaker of an account', () => {
  it('stays closed below ten requests, whatever happens to them', () => {
    const breaker = new Breaker();
    feed(breaker, many('failed', 9));
    expect(breaker.enter(1000)).toBe(0);
  });

  it('opens at six failures of ten and then holds everybody back for 30 s', () => {
    const breaker = new Breaker();
    const nowMs = feed(breaker, [...many('ok', 4), ...many('failed', 6)]);
    expect(breaker.tripped).toBe(true);
    expect(breaker.enter(nowMs)).toBeGreaterThan(29_000);
  });

  it('stays closed at five failures of ten', () => {
    const breaker = new Breaker();
    feed(breaker, [...many('ok', 5), ...many('failed', 5)]);
    expect(breaker.tripped).toBe(false);
  });

  it('lets one probe through after 30 s: success closes it, failure opens it again', () => {
    const breaker = new Breaker();
    const nowMs = feed(breaker, many('failed', 10)) + 30_000;
    expect(breaker.enter(nowMs)).toBe(0);
    expect(breaker.enter(nowMs)).toBeGreaterThan(0);
    breaker.leave('failed', nowMs);
    expect(breaker.enter(nowMs + 29_000)).toBeGreaterThan(0);
    expect(breaker.enter(nowMs + 30_000)).toBe(0);
    breaker.leave('ok', nowMs + 30_000);
    expect(breaker.enter(nowMs + 30_001)).toBe(0);
    expect(breaker.tripped).toBe(false);
  });

  it('gives a probe that called nobody to the next one', () => {
    const breaker = new Breaker();
    const nowMs = feed(breaker, many('failed', 10)) + 30_000;
    expect(breaker.enter(nowMs)).toBe(0);
    breaker.leave('none', nowMs);
    expect(breaker.enter(nowMs)).toBe(0);
  });

  it('forgets what is older than five minutes', () => {
    const breaker = new Breaker();
    feed(breaker, many('failed', 9));
    feed(breaker, many('failed', 1), 301_000);
    expect(breaker.tripped).toBe(false);
  });
});
