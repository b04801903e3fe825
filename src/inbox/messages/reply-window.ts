/** The customer service window: free text only within 24 hours of the customer's last message. */

/**
 * What leaves us may still wait for its turn; a window that ends within the next minute counts as closed.
 * Rule: https://developers.facebook.com/docs/whatsapp/conversation-types (customer service windows).
 */
const MARGIN_MS = 60_000;

/** What decides: `windowMs` null is a provider without a window, `expiresAt` null a customer who never wrote. */
export interface WindowFacts {
  readonly kind: string;
  readonly windowMs: number | null;
  readonly expiresAt: Date | null;
  readonly nowMs: number;
}

/** Must this be refused because only a template may be sent now? Pure. */
export function isWindowClosed({ kind, windowMs, expiresAt, nowMs }: WindowFacts): boolean {
  if (kind === 'template' || windowMs === null) return false;
  return expiresAt === null || nowMs + MARGIN_MS >= expiresAt.getTime();
}
