/**
 * Meta's webhook body to events. Several entries, changes and items share one POST; each stands for itself, so that a
 * broken one never takes its neighbours with it.
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

/** Pure and total: any bytes give events or say what is broken. */
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

/** Each object of a list; what is no object, or is empty, is counted and otherwise nothing. */
function items(scope: Scope, list: unknown, parse: (item: Loose) => InboundEvent): InboundEvent[] {
  return asList(list).map((value) => {
    const item = asObject(value);
    if (item === null || Object.keys(item).length === 0) return ignored(scope.channel, 'empty_item');
    return parse(item);
  });
}

/** Errors of the whole change stand for themselves unless they explain a message that came without content. */
function looseErrors(scope: Scope, events: readonly InboundEvent[]): InboundEvent[] {
  const explained = events.some((event) => event.kind === 'message' && event.type === 'unsupported');
  return explained ? [] : scope.errors.map((error) => parseError(scope, error));
}

/** Backlog of a phone that was connected, in chunks of any order; media of its placeholders comes later. */
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

/** Fills a placeholder with the same id. Its sender and time are known to contradict the placeholder's: not used. */
function historyMedia(scope: Scope, item: Loose): InboundEvent {
  const targetId = asId(item['id']);
  if (targetId === null) return parked(scope, item, 'history media without an id');
  const { type, text, media } = contentOf(item, typeOf(item), []);
  return { kind: 'history_media', channel: scope.channel, atMs: null, targetId, type, text, media };
}
