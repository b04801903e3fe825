/** Renewals of leases that come when a test wants them, besides every few seconds. */
import { vi } from 'vitest';
import { LEASE_RENEW_MS } from '../../src/inbox/presence/lease-set.ts';

/** Starts a node with `start`; `renew` does what it does whenever its leases are due. */
export async function withRenewals<T>(
  start: () => Promise<T>,
): Promise<{ readonly node: T; readonly renew: () => void }> {
  const renewals: (() => void)[] = [];
  const real = globalThis.setInterval;
  const noting = (work: () => void, ms?: number): NodeJS.Timeout => {
    if (ms === LEASE_RENEW_MS) renewals.push(work);
    return real(work, ms);
  };
  const spy = vi.spyOn(globalThis, 'setInterval').mockImplementation(noting as typeof setInterval);
  try {
    const node = await start();
    return {
      node,
      renew: () => {
        for (const renewal of renewals) renewal();
      },
    };
  } finally {
    spy.mockRestore();
  }
}
