/** Header and secret handling that every webhook check needs. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookRequest } from './provider.ts';

/** The value of a header that was sent exactly once; null otherwise. `name` is lower case. */
export function singleHeader(request: Pick<WebhookRequest, 'headers'>, name: string): string | null {
  const value = request.headers[name];
  if (Array.isArray(value)) return value.length === 1 ? (value[0] ?? null) : null;
  return value ?? null;
}

/** True when `header` is `sha256=` and the hex HMAC-SHA-256 of the raw bytes. Constant time in the digest; never throws. */
export function provesBody(header: string, body: Buffer, secret: string): boolean {
  const digest = /^sha256=([0-9a-fA-F]{64})$/.exec(header)?.[1];
  if (digest === undefined || secret === '') return false;
  return timingSafeEqual(Buffer.from(digest, 'hex'), createHmac('sha256', secret).update(body).digest());
}

/**
 * The JSON string or integer that follows the first `"key":` in raw bytes, without parsing them; null if there is none
 * within 256 bytes. A customer's text cannot forge a key: inside a JSON string its quotes are escaped.
 */
export function valueAfterKey(body: Buffer, key: string): string | null {
  const start = body.indexOf(`"${key}"`);
  if (start < 0) return null;
  const after = start + key.length + 2;
  const match = /^\s*:\s*(?:("(?:[^"\\]|\\.)*")|(\d+))/.exec(body.toString('utf8', after, after + 256));
  if (match === null) return null;
  return match[2] ?? unquote(match[1] ?? '');
}

function unquote(json: string): string | null {
  try {
    return JSON.parse(json) as string;
  } catch {
    return null;
  }
}
