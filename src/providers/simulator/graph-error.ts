/** How Meta words an error. */
import type { Loose } from '../../lib/loose.ts';

/** Meta's error body. */
export function graphError(code: number, message: string, details = message): Loose {
  const error_data = { messaging_product: 'whatsapp', details };
  return {
    error: { message: `(#${String(code)}) ${message}`, type: 'OAuthException', code, error_data, fbtrace_id: 'A1' },
  };
}
