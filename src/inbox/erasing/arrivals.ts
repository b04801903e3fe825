/** The stage of every erasure that waits for the webhooks received before it was requested to be applied. */
import type { Tx } from '../../platform/postgres.ts';
import type { StreamSpan } from '../../platform/stream-commands.ts';

/** What a step needs to know to decide whether it has to wait. */
export interface Surroundings {
  /** When the webhooks that are still on the stream were put there; null if there are none. */
  readonly arrivals: () => Promise<StreamSpan | null>;
}

/**
 * An erasure at this stage. `place`: when the newest webhook was put onto the stream that was there once no earlier one
 * was left in Postgres; 0 if none was, empty until then.
 */
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

/**
 * Waits first for the webhooks in Postgres, then for those on the stream: not for a time, but until all that were on it
 * are gone from it. Reads webhook_spill and webhook_bodies, which are almost empty. Lock: none.
 */
export async function passArrivals(
  tx: Tx,
  { requestedAt, place }: Waiting,
  { arrivals }: Surroundings,
): Promise<ArrivalsEnd> {
  if (place !== '') {
    const left = await arrivals();
    return { kind: left !== null && left.oldestMs <= Number(place) ? 'wait' : 'next' };
  }
  const [found] = await tx<{ waits: boolean }[]>`
    select exists (select 1 from webhook_spill where received_at_ms <= ${requestedAt.getTime()})
      or exists (select 1 from webhook_bodies where created_at <= ${requestedAt}) as waits`;
  if (found?.waits !== false) return { kind: 'wait' };
  return { kind: 'on', place: String((await arrivals())?.newestMs ?? 0) };
}
