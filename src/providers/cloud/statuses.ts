/** Delivery states and errors of the Cloud API. */
import { asId, asName, asNumber, asObjects, asText, instantFromSeconds, type Loose } from '../../lib/loose.ts';
import { canonical, groupAddress, partyOf } from '../identity.ts';
import type { ErrorEvent, FailureSaid, InboundEvent, Party, StatusEvent } from '../inbound.ts';
import { isRepeatable } from '../sending.ts';
import { failureOf } from './failures.ts';
import { ignored, parked, personOf, type Scope } from './scope.ts';

const STATES = new Map<string, StatusEvent['status']>([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
  ['failed', 'failed'],
]);

/**
 * Parses one item of `statuses[]`. An unknown message id is normal: the webhook can arrive before the response to the
 * send.
 */
export function parseStatus(scope: Scope, item: Loose): InboundEvent {
  const id = asId(item['id']);
  if (id === null || scope.channel === null) return parked(scope, item, 'status without an id');
  const said = asText(item['status'], 32) ?? '';
  const status = STATES.get(said.toLowerCase());
  const atMs = instantFromSeconds(item['timestamp']);
  if (status === undefined) {
    return ignored(scope.channel, 'unknown_status', { atMs, fields: { provider_message_id: id, status: said } });
  }
  const pricing = pricingOf(item['pricing']);
  return {
    kind: 'status',
    channel: scope.channel,
    atMs,
    providerMessageId: id,
    status,
    recipient: recipientOf(scope, item),
    participant: participantOf(scope, item),
    error: status === 'failed' ? failureSaid(asObjects(item['errors'])[0]) : null,
    clientRef: asName(item['biz_opaque_callback_data'], 512),
    own: scope.own,
    ...(pricing === null ? {} : { pricing }),
  };
}

function recipientOf(scope: Scope, item: Loose): Party | null {
  if (item['recipient_type'] === 'group') return partyOf([groupAddress(item['recipient_id'])], null);
  return personOf(scope, item['recipient_id'], item['recipient_user_id']);
}

/** A group message has one state per member, so the member is part of the state's identity. */
function participantOf(scope: Scope, item: Loose): string {
  const member = personOf(scope, item['recipient_participant_id'], item['recipient_participant_user_id']);
  const first = member?.addresses[0];
  return first === undefined ? '' : canonical(first);
}

function failureSaid(error: Loose | undefined): FailureSaid {
  const code = String(asNumber(error?.['code']) ?? 'unspecified');
  const failure = failureOf(code, null);
  const providerTitle = asName(error?.['title'], 512) ?? asName(error?.['message'], 512);
  return {
    code,
    title: failure.title,
    retryable: isRepeatable(failure),
    action: failure.action,
    ...(failure.operator === undefined ? {} : { operator: failure.operator }),
    ...(failure.action === 'window' ? { hint: 'send_template' } : {}),
    ...(providerTitle === null ? {} : { providerTitle }),
  };
}

function pricingOf(value: unknown): Loose | null {
  const [pricing] = asObjects([value]);
  if (pricing === undefined) return null;
  const type = asText(pricing['type'], 64);
  return {
    category: asText(pricing['category'], 64),
    model: asText(pricing['pricing_model'], 64),
    ...(type === null ? {} : { type }),
    ...(typeof pricing['billable'] === 'boolean' ? { billable: pricing['billable'] } : {}),
  };
}

/** An error of the number or the app that belongs to no message. */
export function parseError(scope: Scope, said: Loose): ErrorEvent {
  const error = failureSaid(said);
  const fields = {
    error_code: asNumber(said['code']),
    error_title: error.providerTitle ?? null,
    retryable: error.retryable,
  };
  return { kind: 'error', channel: scope.channel, atMs: null, error, fields };
}
