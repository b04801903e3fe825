/** Leases of nodes: given, read and renewed as a test wants it, however busy the machine is. */
import { vi } from 'vitest';
import {
  LEASE_RENEW_MS,
  readLeases,
  syncLeases,
  type Lease,
  type LeaseShare,
} from '../../src/inbox/presence/lease-set.ts';
import type { RedisClient } from '../../src/platform/redis.ts';
import { waitFor } from './wait.ts';

/** All leases of a set. A busy machine may be too late for it, and asks again. */
export async function leasesIn(redis: RedisClient, key: string): Promise<readonly Lease[]> {
  return waitFor(() => readLeases(redis, key));
}

/** As leasesIn, of each set after the node's share of it was written. */
export async function leased(
  redis: RedisClient,
  node: string,
  shares: readonly LeaseShare[],
): Promise<(readonly Lease[])[]> {
  return waitFor(async () => {
    const alive = await syncLeases(redis, node, shares);
    return alive.every((leases) => leases !== null) && alive;
  });
}

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
  const spy = vi.spyOn(globalThis, 'setInterval').mockImplementation(noting);
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
