/** The stage of every erasure that waits for the webhooks received before it was requested to be applied. */
import type { Tx } from '../../platform/postgres.ts';

/** What a step needs to know to decide whether it has to wait. */
export interface Surroundings {
  readonly nowMs: number;
  /** Age of the oldest webhook still on the stream, ms; 0 if there is none. */
  readonly oldestArrivalMs: () => Promise<number>;
}

/** An erasure at this stage. `place`: when no earlier webhook was left in Postgres, epoch ms; empty until then. */
interface Waiting {
  readonly requestedAt: Date;
  readonly place: string;
}

/**
 * `on`: only the stream may still have some. `next`: all are applied, which left out what is being erased. `wait`: not
 * yet.
 */
export type ArrivalsEnd =
  { readonly kind: 'on'; readonly place: string } | { readonly kind: 'next' } | { readonly kind: 'wait' };

/** Clocks of Postgres and Redis may differ by this much. */
const SKEW_MS = 2000;

/**
 * Waits first for the webhooks in Postgres, then for those on the stream. Reads webhook_spill and webhook_bodies, which
 * are almost empty. Lock: none.
 */
export async function passArrivals(
  tx: Tx,
  { requestedAt, place }: Waiting,
  { nowMs, oldestArrivalMs }: Surroundings,
): Promise<ArrivalsEnd> {
  if (place === '') {
    const [found] = await tx<{ waits: boolean }[]>`
      select exists (select 1 from webhook_spill where received_at_ms <= ${requestedAt.getTime()})
        or exists (select 1 from webhook_bodies where created_at <= ${requestedAt}) as waits`;
    return found?.waits === false ? { kind: 'on', place: String(nowMs) } : { kind: 'wait' };
  }
  const oldestMs = await oldestArrivalMs();
  return { kind: oldestMs > 0 && oldestMs + SKEW_MS > nowMs - Number(place) ? 'wait' : 'next' };
}
