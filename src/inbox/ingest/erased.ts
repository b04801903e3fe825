/** What comes for a business that is erased is left out, and the bytes that it came in with it. */
import type { InboundEvent } from '../../providers/inbound.ts';
import type { Part } from './part.ts';

/** Whether the business is erased that an item of a webhook was for. */
export type IsErased = (
  webhook: Pick<Part, 'provider' | 'auth' | 'receivedAtMs'>,
  item: Pick<InboundEvent, 'channel' | 'account'>,
) => boolean;

/** The same body without it. Pure. */
export function withoutErased<P extends Part>(part: P, isErased: IsErased): P {
  const events = part.events.filter((event) => !isErased(part, event));
  return events.length === part.events.length ? part : { ...part, events, isErased: true };
}
