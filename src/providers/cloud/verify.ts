/**
 * Proof that a webhook comes from Meta.
 * https://developers.facebook.com/docs/graph-api/webhooks/getting-started
 */
import type { Secret, WebhookRequest } from '../provider.ts';
import { provesBody, singleHeader, valueAfterKey } from '../headers.ts';

/**
 * The `phone_number_id` of the first change, found by a byte search. An untrusted hint. Null for account-level
 * webhooks.
 */
export function cloudChannelHint(request: WebhookRequest): string | null {
  const id = valueAfterKey(request.body, 'phone_number_id');
  return id === null || id === '' || id.length > 64 ? null : id;
}

/**
 * The app secret whose HMAC-SHA-256 over the raw bytes is in `X-Hub-Signature-256`. The SHA-1 header beside it is
 * ignored.
 */
export function verifyCloud(request: WebhookRequest, secrets: readonly Secret[]): Secret | null {
  const header = singleHeader(request, 'x-hub-signature-256');
  if (header === null) return null;
  return secrets.find((secret) => provesBody(header, request.body, secret.value)) ?? null;
}
