/** Passes a pairing code from the gateway that got the webhook to the one whose administrator is waiting for it. */
import type { z } from 'zod';
import { Pairing } from '../../contract/socket.ts';
import { TenantId } from '../../contract/ids.ts';

/** Redis pub/sub channel. Written by the gateway that got the webhook, read by every gateway; nothing is stored. */
export const PAIRING_CHANNEL = 'hunfly:pairing';

export const TenantPairing = Pairing.extend({ tenantId: TenantId });
/** A code with the tenant whose number it is for. */
export type TenantPairing = z.infer<typeof TenantPairing>;

/** Null for what is not a pairing message. */
export function parsePairing(payload: string): TenantPairing | null {
  try {
    const parsed = TenantPairing.safeParse(JSON.parse(payload));
    return parsed.success ? parsed.data : null;
  } catch {
    // Not JSON, so not ours.
    return null;
  }
}
