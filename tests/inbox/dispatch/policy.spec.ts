import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, MAX_ATTEMPTS } from '../../../src/inbox/messages/dispatch/policy.ts';
import type { SendFailure } from '../../../src/providers/sending.ts';

const failure = (action: SendFailure['action'], retryAfterMs: number | null = null): SendFailure => ({
  code: '1',
  title: 'A reason',
  action,
  retryAfterMs,
});

describe('what a refusal means', () => {
  it('never tries more than eight times, nor later than 15 minutes after the first attempt', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<SendFailure['action']>('retry', 'pair'),
        fc.option(fc.integer({ min: 0, max: 3_600_000 })),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (action, retryAfterMs, random) => {
          let elapsedMs = 0;
          for (let attempt = 1; ; attempt += 1) {
            expect(attempt).toBeLessThanOrEqual(MAX_ATTEMPTS);
            const verdict = decide(failure(action, retryAfterMs), { attempt, elapsedMs, random: () => random });
            if (verdict.to === 'failed') return;
            expect(verdict.delayMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
            elapsedMs += verdict.delayMs;
            expect(elapsedMs).toBeLessThanOrEqual(15 * 60_000);
          }
        },
      ),
    );
  });

  it('gives up at once where repeating cannot help, and says whether an agent may try again', () => {
    const at = { attempt: 1, elapsedMs: 0 };
    expect(decide(failure('final'), at)).toMatchObject({
      to: 'failed',
      stopAccount: false,
      error: { retryable: false },
    });
    expect(decide(failure('window'), at)).toMatchObject({ to: 'failed', stopAccount: false });
    expect(decide(failure('account'), at)).toMatchObject({
      to: 'failed',
      stopAccount: true,
      error: { retryable: true },
    });
  });

  it('rests the number without counting, but not for longer than half a day', () => {
    expect(decide(failure('pause'), { attempt: 20, elapsedMs: 0 })).toMatchObject({ to: 'queued', counts: false });
    expect(decide(failure('pause'), { attempt: 1, elapsedMs: 13 * 3_600_000 })).toMatchObject({ to: 'failed' });
  });
});
