/** Leaves out what arrives for an erased business, and the bytes it came in. */
import type { InboundEvent } from '../../providers/inbound.ts';
import type { Part } from './part.ts';

/** Whether the business that an item was for has been erased. */
export type IsErased = (
  webhook: Pick<Part, 'provider' | 'auth' | 'receivedAtMs'>,
  item: Pick<InboundEvent, 'channel' | 'account'>,
) => boolean;

/** The same body without it. Pure. */
export function withoutErased<P extends Part>(part: P, isErased: IsErased): P {
  const events = part.events.filter((event) => !isErased(part, event));
  return events.length === part.events.length ? part : { ...part, events, isErased: true };
}
