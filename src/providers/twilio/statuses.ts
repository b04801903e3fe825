/**
 * Parses the status callbacks of messages we sent.
 * https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
 */
import { asId, asName } from '../../lib/loose.ts';
import type { InboundEvent, StatusEvent } from '../inbound.ts';
import type { WebhookRequest } from '../provider.ts';
import { isRepeatable } from '../sending.ts';
import { failureOf } from './failures.ts';
import { first, looksLikeJson } from './form.ts';
import { base, field, ignored, partyFrom, stateSaid, type Scope } from './scope.ts';

const STATES = new Map<string, StatusEvent['status']>([
  ['queued', 'pending'],
  ['accepted', 'pending'],
  ['scheduled', 'pending'],
  ['sending', 'pending'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

/** Parses one status callback. They come in any order and may arrive before the response to the send. */
export function parseStatus(scope: Scope, id: string): InboundEvent {
  const said = stateSaid(scope) ?? '';
  const status = STATES.get(said);
  if (status === undefined) return ignored(scope, 'unknown_status', { status: said });
  return {
    kind: 'status',
    ...base(scope),
    providerMessageId: id,
    status,
    ...(said === status ? {} : { raw: said }),
    recipient: partyFrom(scope, 'To'),
    participant: '',
    error: status === 'failed' ? errorOf(scope, said) : null,
    clientRef: asName(first(scope.params, REFERENCE), 64),
    own: scope.own,
  };
}

function errorOf(scope: Scope, said: string): StatusEvent['error'] {
  const code = asId(first(scope.params, 'ErrorCode'), 32) ?? said;
  const { title, action, operator } = failureOf(code, null);
  const providerTitle = field(scope, 'ErrorMessage', 512) ?? field(scope, 'ChannelStatusMessage', 512);
  return {
    code,
    title,
    retryable: isRepeatable({ action }),
    action,
    ...(operator === undefined ? {} : { operator }),
    ...(action === 'window' ? { hint: 'send_template' } : {}),
    ...(providerTitle === null ? {} : { providerTitle }),
  };
}

/** Parameter under which our message id is stored with the others. */
const REFERENCE = 'HunflyRef';

/**
 * The URL to which Twilio reports the states of this message. It carries our message id, and the signature covers it.
 */
export function callbackUrl(webhookUrl: string, messageId: string): string {
  // Without these overrides Twilio gives up on a callback after one failed connection.
  return `${webhookUrl}?ref=${encodeURIComponent(messageId)}#rc=5&rp=all`;
}

/**
 * Adds the reference in the callback's URL to the body as one more parameter, so that whoever reads the stored bytes
 * finds our message id. Call this only after the signature was checked.
 */
export function withReference({ url, body }: Pick<WebhookRequest, 'url' | 'body'>): Buffer {
  const ref = /[?&]ref=([0-9a-f-]{36})(?:[&#]|$)/.exec(url)?.[1];
  if (ref === undefined || body.length === 0 || looksLikeJson(body)) return body;
  return Buffer.concat([body, Buffer.from(`&${REFERENCE}=${ref}`)]);
}
