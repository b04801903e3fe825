/**
 * Proof that a webhook comes from Meta, and its subscription handshake.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
import type { Secret, WebhookRequest } from '../provider.ts';
import { sameSecret } from '../../lib/hash.ts';
import { provesBody, singleHeader, valueAfterKey } from '../headers.ts';

/** `phone_number_id` of the first change, by a byte search: an untrusted hint. Null for account-level webhooks. */
export function cloudChannelHint(request: WebhookRequest): string | null {
  const id = valueAfterKey(request.body, 'phone_number_id');
  return id === null || id === '' || id.length > 64 ? null : id;
}

/** The app secret whose HMAC-SHA-256 over the raw bytes is in `X-Hub-Signature-256`; the SHA-1 sibling is not looked at. */
export function verifyCloud(request: WebhookRequest, secrets: readonly Secret[]): Secret | null {
  const header = singleHeader(request, 'x-hub-signature-256');
  if (header === null) return null;
  return secrets.find((secret) => provesBody(header, request.body, secret.value)) ?? null;
}

/** Query of the handshake as any parser may deliver it: repeated parameters are lists, anything else is refused. */
export type HandshakeQuery = Readonly<Record<string, unknown>>;

/**
 * Meta's GET: the challenge to echo as text/plain when mode and token are right, else null (answer 403).
 * A challenge is short plain text without markup; anything else is not Meta's.
 */
export function verifyHandshake(query: HandshakeQuery, token: string): string | null {
  const challenge = query['hub.challenge'];
  const given = query['hub.verify_token'];
  if (query['hub.mode'] !== 'subscribe' || typeof given !== 'string' || !sameSecret(given, token)) return null;
  return typeof challenge === 'string' && /^[\w.-]{1,256}$/.test(challenge) ? challenge : null;
}
