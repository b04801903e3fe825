/** Webhooks of the Cloud API that are not about messages: templates, account, calls, groups, contacts of the phone. */
import { asId, asName, asNumber, asObjects, asText, instantFromSeconds, orEmpty, type Loose } from '../../lib/loose.ts';
import { groupAddress, partyOf, phoneAddress } from '../identity.ts';
import type { InboundEvent, OtherEvent, Party } from '../inbound.ts';
import { ignored, personOf, scopeOf, type Scope } from './scope.ts';

/** One change and its entry: what the account-level events need. */
export interface AccountChange {
  readonly field: string;
  readonly entry: Loose;
  readonly value: Loose;
}

const account = (kind: OtherEvent['kind'], change: AccountChange, fields: Loose): OtherEvent => {
  const owner = asId(change.entry['id'], 64);
  return {
    kind,
    channel: null,
    ...(owner === null ? {} : { account: owner }),
    atMs: instantFromSeconds(change.entry['time']),
    fields,
  };
};

/** Template ids exceed 2^53, so parsing has kept them as digits. Meta writes languages as both `en-US` and `en_US`. */
function templateFields(value: Loose): Loose {
  return {
    template_id: asId(value['message_template_id'], 64),
    name: asText(value['message_template_name'], 512),
    language: asText(value['message_template_language'], 32)?.replace('-', '_') ?? null,
  };
}

/** `message_template_status_update`. */
export function templateStatus(change: AccountChange): InboundEvent {
  const { value } = change;
  const reason = asName(value['reason'], 256);
  const detail = asName(orEmpty(value['other_info'])['title'], 256);
  const category = asName(value['message_template_category'], 64);
  return account('template_status', change, {
    ...templateFields(value),
    status: asText(value['event'], 64),
    reason: reason === 'NONE' ? null : reason,
    ...(detail === null ? {} : { detail }),
    ...(category === null ? {} : { category }),
  });
}

/** `template_category_update`. */
export function templateCategory(change: AccountChange): InboundEvent {
  const category = asText(change.value['new_category'], 64);
  return account('template_category', change, { ...templateFields(change.value), category });
}

/** `message_template_quality_update`. */
export function templateQuality(change: AccountChange): InboundEvent {
  const quality = asText(change.value['new_quality_score'], 64);
  return account('template_quality', change, { ...templateFields(change.value), quality });
}

/** Any change of a number or an account. For partner events the WABA id is in the value, not in the entry. */
export function accountUpdate(change: AccountChange): InboundEvent {
  const { value, field } = change;
  const waba = asId(orEmpty(value['waba_info'])['waba_id'], 64);
  const phone = phoneAddress(value['display_phone_number']);
  const reason = asName(orEmpty(value['disconnection_info'])['reason'], 256) ?? asName(value['rejection_reason'], 256);
  const event = account('account', change, {
    field,
    event: asText(value['event'] ?? value['decision'] ?? value['alert_type'], 128),
    ...(phone === null ? {} : { display_phone_number: `+${phone.value}` }),
    ...(reason === null ? {} : { reason }),
  });
  return waba === null ? event : { ...event, account: waba };
}

/** `calls`: one event per call. Status updates of our own calls are not read: nothing in them is displayed. */
export function calls(change: AccountChange): InboundEvent[] {
  const scope = scopeOf(change.value);
  return asObjects(change.value['calls']).map((call) => ({
    kind: 'call',
    channel: scope.channel,
    atMs: instantFromSeconds(call['timestamp']),
    callId: asId(call['id']),
    direction: call['direction'] === 'BUSINESS_INITIATED' ? 'outbound' : 'inbound',
    from: personOf(scope, call['from'], call['from_user_id']),
    to: personOf(scope, call['to'], call['to_user_id']),
    event: asText(call['event'], 64),
  }));
}

/** `group_*`: who joined, who left, what changed. */
export function groups(change: AccountChange): InboundEvent[] {
  const scope = scopeOf(change.value);
  return asObjects(change.value['groups']).map((group) => ({
    kind: 'group_update',
    channel: scope.channel,
    atMs: instantFromSeconds(group['timestamp']),
    chat: partyOf([groupAddress(group['group_id'])], asName(group['subject'], 512)),
    event: asText(group['type'], 64),
    participants: participantsOf(scope, group),
  }));
}

function participantsOf(scope: Scope, group: Loose): (Party | null)[] {
  const lists = ['added_participants', 'removed_participants', 'participants'];
  return lists
    .flatMap((name) => asObjects(group[name]))
    .slice(0, 1024)
    .map((member) => personOf(scope, member['wa_id'] ?? member['input'], member['user_id']));
}

/** `smb_app_state_sync`: the address book of the phone that shares the number. */
export function contactSync(change: AccountChange): InboundEvent[] {
  const scope = scopeOf(change.value);
  return asObjects(change.value['state_sync']).map((item) => {
    const contact = orEmpty(item['contact']);
    const name = asName(contact['full_name'], 512) ?? asName(contact['first_name'], 512);
    return {
      kind: 'contact_sync',
      channel: scope.channel,
      atMs: instantFromSeconds(orEmpty(item['metadata'])['timestamp']),
      action: item['action'] === 'remove' ? 'remove' : 'upsert',
      person: partyOf([phoneAddress(contact['phone_number'])], name),
    };
  });
}

/** `user_preferences`: a customer opted in to or out of marketing messages. */
export function consent(change: AccountChange): InboundEvent[] {
  const scope = scopeOf(change.value);
  return asObjects(change.value['user_preferences']).map((item) => ({
    kind: 'consent',
    channel: scope.channel,
    atMs: instantFromSeconds(item['timestamp']),
    person: personOf(scope, item['wa_id'], item['user_id']),
    category: asText(item['category'], 64),
    value: asText(item['value'], 64),
    detail: asText(item['detail'], 512),
  }));
}

/** The business declined to share its history. */
export function historyDeclined(scope: Scope, error: Loose): InboundEvent {
  const fields = { field: 'history', event: 'declined', error_code: asNumber(error['code']) };
  return { kind: 'account', channel: scope.channel, atMs: null, fields };
}

/** A field that we do not act on. */
export function unknownField(change: AccountChange): InboundEvent {
  const { channel } = scopeOf(change.value);
  const atMs = instantFromSeconds(change.entry['time']);
  return ignored(channel, 'unknown_field', { atMs, fields: { field: change.field } });
}
