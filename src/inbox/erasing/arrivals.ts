/** What every erasure waits for: webhooks that were received before it was asked for and are not applied yet. */
import type { Tx } from '../../platform/postgres.ts';

/** What some steps wait for. */
export interface Surroundings {
  readonly nowMs: number;
  /** Age of the oldest webhook on its way, ms; 0 where there is none. */
  readonly oldestArrivalMs: () => Promise<number>;
}

/** Of an erasure at this stage. `place`: since when nothing from before waits in Postgres, ms; empty while something does. */
interface Waiting {
  readonly requestedAt: Date;
  readonly place: string;
}

/** `on`: only the stream is left. `next`: they are through, left out as they were applied. `wait`: not yet. */
export type ArrivalsEnd =
  { readonly kind: 'on'; readonly place: string } | { readonly kind: 'next' } | { readonly kind: 'wait' };

/** Clocks of Postgres and Redis may differ by this much. */
const SKEW_MS = 2000;

/** See above. Reads webhook_spill and webhook_bodies, which are all but empty. Lock: none. */
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
