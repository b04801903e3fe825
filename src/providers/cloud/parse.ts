/**
 * Parses Meta's webhook bodies into events. One POST can carry several entries, changes and items. Each is parsed on
 * its own, so that a broken one does not affect the others.
 */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asId, asList, asName, asObject, asObjects, type Loose } from '../../lib/loose.ts';
import type { InboundEvent, Parsed } from '../inbound.ts';
import { MAX_BODY_DEPTH } from '../provider.ts';
import {
  accountUpdate,
  calls,
  consent,
  contactSync,
  groups,
  historyDeclined,
  templateCategory,
  templateQuality,
  templateStatus,
  unknownField,
  type AccountChange,
} from './account-events.ts';
import { contentOf, typeOf } from './content.ts';
import { LIVE, parseMessage, type Source } from './messages.ts';
import { ignored, parked, scopeOf, type Scope } from './scope.ts';
import { parseError, parseStatus } from './statuses.ts';

/** Pure and never throws: any bytes give either events or the reason why they are broken. */
export function parseCloud(body: Buffer): Parsed {
  const json = parseBoundedJson(body, MAX_BODY_DEPTH);
  if (!json.ok) return { ok: false, broken: json.reason };
  const root = asObject(json.value);
  if (root === null) return { ok: false, broken: 'not a JSON object' };
  if (root['object'] !== 'whatsapp_business_account') return { ok: true, events: [ignored(null, 'wrong_object')] };
  const events = asObjects(root['entry']).flatMap((entry) =>
    asObjects(entry['changes']).flatMap((change) => parseChange(entry, change)),
  );
  return { ok: true, events };
}

type FieldParser = (change: AccountChange) => InboundEvent[] | InboundEvent;

const FIELDS = new Map<string, FieldParser>([
  ['messages', (change) => messageLists(change.value, 'business_app')],
  ['smb_message_echoes', (change) => messageLists(change.value, 'business_app')],
  ['message_echoes', (change) => messageLists(change.value, 'api')],
  ['history', (change) => history(change.value)],
  ['calls', calls],
  ['smb_app_state_sync', contactSync],
  ['user_preferences', consent],
  ['message_template_status_update', templateStatus],
  ['template_category_update', templateCategory],
  ['message_template_quality_update', templateQuality],
  ...['group_participants_update', 'group_lifecycle_update', 'group_settings_update', 'group_status_update'].map(
    (field): [string, FieldParser] => [field, groups],
  ),
  ...[
    'account_update',
    'account_alerts',
    'account_review_update',
    'account_settings_update',
    'business_capability_update',
    'phone_number_quality_update',
    'phone_number_name_update',
    'security',
  ].map((field): [string, FieldParser] => [field, accountUpdate]),
]);

function parseChange(entry: Loose, change: Loose): InboundEvent[] | InboundEvent {
  const value = asObject(change['value']);
  if (value === null) return ignored(null, 'no_value');
  const field = asName(change['field'], 128) ?? 'unknown';
  return (FIELDS.get(field) ?? unknownField)({ field, entry, value });
}

function messageLists(value: Loose, echo: Source['echo']): InboundEvent[] {
  const scope = scopeOf(value);
  const events = [
    ...items(scope, value['messages'], (item) => parseMessage(scope, item, LIVE)),
    ...items(scope, value['message_echoes'], (item) => parseMessage(scope, item, { history: false, echo })),
    ...items(scope, value['statuses'], (item) => parseStatus(scope, item)),
  ];
  return [...events, ...looseErrors(scope, events)];
}

/**
 * Parses each object of a list. An item that is empty or not an object becomes an `ignored` event, so it is only
 * counted.
 */
function items(scope: Scope, list: unknown, parse: (item: Loose) => InboundEvent): InboundEvent[] {
  return asList(list).map((value) => {
    const item = asObject(value);
    if (item === null || Object.keys(item).length === 0) return ignored(scope.channel, 'empty_item');
    return parse(item);
  });
}

/** Errors of the whole change become events of their own, unless they explain a message that came without content. */
function looseErrors(scope: Scope, events: readonly InboundEvent[]): InboundEvent[] {
  const explained = events.some((event) => event.kind === 'message' && event.type === 'unsupported');
  return explained ? [] : scope.errors.map((error) => parseError(scope, error));
}

/** The history of a newly connected phone. Chunks come in any order; the media of placeholders comes later. */
function history(value: Loose): InboundEvent[] {
  const scope = scopeOf(value);
  return [
    ...asObjects(value['history']).flatMap((chunk) => [
      ...asObjects(chunk['errors']).map((error) => historyDeclined(scope, error)),
      ...asObjects(chunk['threads']).flatMap((thread) => historyThread(scope, thread)),
    ]),
    ...items(scope, value['messages'], (item) => historyMedia(scope, item)),
  ];
}

function historyThread(scope: Scope, thread: Loose): InboundEvent[] {
  const threadId = asId(thread['id'], 64);
  const source: Source = { history: true, echo: null, ...(threadId === null ? {} : { threadId }) };
  return items(scope, thread['messages'], (item) => parseMessage(scope, item, source));
}

/**
 * Fills the placeholder with the same id. Sender and time are not used: they are known to contradict the placeholder's.
 */
function historyMedia(scope: Scope, item: Loose): InboundEvent {
  const targetId = asId(item['id']);
  if (targetId === null) return parked(scope, item, 'history media without an id');
  const { type, text, media } = contentOf(item, typeOf(item), []);
  return { kind: 'history_media', channel: scope.channel, atMs: null, targetId, type, text, media };
}
