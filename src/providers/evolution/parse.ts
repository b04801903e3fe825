/**
 * Parses Evolution API's webhook bodies into events. One POST has one event name; its data is an object, a list, or
 * null.
 */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asName, asObject, type Loose } from '../../lib/loose.ts';
import type { InboundEvent, Parsed } from '../inbound.ts';
import { MAX_BODY_DEPTH } from '../provider.ts';
import { parseDelete, parseEdited, parseSentUpdate, parseUpdate } from './changes.ts';
import {
  call,
  connectionUpdate,
  contact,
  group,
  groupMembers,
  instanceGone,
  instanceStatus,
  presence,
  qrcode,
} from './channel-events.ts';
import { parseMessage, type Source } from './messages.ts';
import { ignored, scopeOf, type Scope } from './scope.ts';

/** Pure and never throws: any bytes give either events or the reason why they are broken. */
export function parseEvolution(body: Buffer): Parsed {
  const json = parseBoundedJson(body, MAX_BODY_DEPTH);
  if (!json.ok) return { ok: false, broken: json.reason };
  const root = asObject(json.value);
  if (root === null) return { ok: false, broken: 'not a JSON object' };
  const scope = scopeOf(root);
  const name = eventNameOf(root);
  if (scope.channel === null) return { ok: true, events: [ignored(scope, 'server_error_event')] };
  const handler = EVENTS.get(canonicalName(name));
  if (handler === undefined) return { ok: true, events: [ignored(scope, name)] };
  return { ok: true, events: handler(scope, root['data']) };
}

/** The event's name as the server wrote it. */
function eventNameOf(root: Loose): string {
  return asName(root['event'], 128) ?? 'unnamed';
}

/** Names come with dots, dashes or underscores, in upper or lower case. */
function canonicalName(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '.');
}

/** True for a webhook that brings a pairing code or says that no more will come. */
export function isPairing(root: Loose): boolean {
  return canonicalName(eventNameOf(root)) === 'qrcode.updated';
}

type Handler = (scope: Scope, data: unknown) => InboundEvent[];
type ItemHandler = (scope: Scope, item: Loose) => InboundEvent | InboundEvent[];

/** Runs an item handler on every object of the data, which is one object or a list. */
function each(handle: ItemHandler): Handler {
  return (scope, data) => {
    const values: readonly unknown[] = Array.isArray(data) ? data : [data];
    return values.flatMap((value) => {
      const item = asObject(value);
      return item === null ? ignored(scope, 'no_data') : handle(scope, item);
    });
  };
}

const messages = (source: Source): Handler => each((scope, item) => parseMessage(scope, item, source));

const EVENTS = new Map<string, Handler>([
  ['messages.upsert', messages({ ours: 'phone', history: false })],
  ['send.message', messages({ ours: 'api', history: false })],
  ['messages.set', messages({ ours: 'phone', history: true })],
  ['messages.update', each(parseUpdate)],
  ['messages.edited', each(parseEdited)],
  ['send.message.update', each(parseSentUpdate)],
  ['messages.delete', each(parseDelete)],
  ['presence.update', each(presence)],
  ['connection.update', each(connectionUpdate)],
  ['qrcode.updated', each(qrcode)],
  ['status.instance', each(instanceStatus)],
  ['logout.instance', (scope) => [instanceGone(scope)]],
  ['remove.instance', (scope) => [instanceGone(scope)]],
  ['contacts.upsert', each(contact)],
  ['contacts.update', each(contact)],
  ['contacts.set', each(contact)],
  ['groups.upsert', each(group('upsert'))],
  ['groups.update', each(group('update'))],
  ['group.update', each(group('update'))],
  ['group.participants.update', each(groupMembers)],
  ['call', each(call)],
]);
