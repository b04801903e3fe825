/** The customer service window: free text only within 24 hours of the customer's last message. */

/**
 * A message may still wait for its turn, so a window that ends within the next minute counts as closed. Rule:
 * https://developers.facebook.com/docs/whatsapp/conversation-types (customer service windows).
 */
const MARGIN_MS = 60_000;

/** `windowMs` null: a provider without a window. `expiresAt` null: a customer who never wrote. */
export interface WindowFacts {
  readonly kind: string;
  readonly windowMs: number | null;
  readonly expiresAt: Date | null;
  readonly nowMs: number;
}

/** True if only a template may be sent now and this is none. Pure. */
export function isWindowClosed({ kind, windowMs, expiresAt, nowMs }: WindowFacts): boolean {
  if (kind === 'template' || windowMs === null) return false;
  return expiresAt === null || nowMs + MARGIN_MS >= expiresAt.getTime();
}
