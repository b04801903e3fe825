/** Events about the channel, people, groups and calls. QR codes are login credentials and never leave this file. */
import {
  asId,
  asList,
  asName,
  asNumber,
  asObject,
  asObjects,
  asText,
  instantFromSeconds,
  orEmpty,
  type Loose,
} from '../../lib/loose.ts';
import { canonical, partyOf } from '../identity.ts';
import type { ConnectionEvent, InboundEvent, PresenceEvent } from '../inbound.ts';
import { addressOf, personOf, sidesOf } from './jid.ts';
import { ignored, isOwn, type Scope } from './scope.ts';

const STATES = new Map([
  ['open', 'open'],
  ['connecting', 'connecting'],
  ['close', 'closed'],
  ['closed', 'closed'],
  ['refused', 'closed'],
]);

function stateIn(value: unknown): string | undefined {
  return STATES.get(asText(value, 32)?.toLowerCase() ?? '');
}

function connection(scope: Scope, state: string, reasonCode: number | null): ConnectionEvent {
  const relink = state === 'closed' ? { relinkRequired: true } : {};
  return { kind: 'connection', channel: scope.channel, atMs: null, state, reasonCode, ownId: null, ...relink };
}

/** `connection.update`. Evolution sends `close` only when it will not reconnect by itself. */
export function connectionUpdate(scope: Scope, item: Loose): InboundEvent {
  const state = stateIn(item['state']);
  if (state === undefined) return ignored(scope, 'unknown_connection_state');
  const own = addressOf(item['wuid']);
  const event = connection(scope, state, asNumber(item['statusReason']));
  return { ...event, ownId: own === null ? null : canonical(own) };
}

/** `qrcode.updated`: says only that a code is waiting to be scanned, or that no more will come. */
export function qrcode(scope: Scope, item: Loose): InboundEvent {
  if (asObject(item['qrcode']) !== null) return connection(scope, 'qr', null);
  return connection(scope, 'closed', asNumber(item['statusCode']));
}

/** `status.instance`. */
export function instanceStatus(scope: Scope, item: Loose): InboundEvent {
  const state = stateIn(item['status']);
  if (state === undefined) return ignored(scope, 'unknown_connection_state');
  return connection(scope, state, asNumber(item['disconnectionReasonCode']));
}

/** `logout.instance`, `remove.instance`: their data is null. */
export function instanceGone(scope: Scope): InboundEvent {
  return connection(scope, 'closed', null);
}

const MAX_PRESENCES = 64;

/** `presence.update`: one event per person in the chat with a presence, without ourselves. */
export function presence(scope: Scope, item: Loose): InboundEvent[] {
  const sides = sidesOf({ remoteJid: item['id'] }, false, null);
  const states = Object.entries(orEmpty(item['presences'])).slice(0, MAX_PRESENCES);
  if (sides === null) return [ignored(scope, 'presence_without_chat')];
  return states.flatMap(([jid, value]) => {
    const said = asName(orEmpty(value)['lastKnownPresence'], 32);
    if (said === null || isOwn(scope, jid)) return [];
    const group = sides.chat.addresses[0]?.type === 'group';
    const author = group ? personOf([jid], null) : null;
    const lastSeenMs = instantFromSeconds(orEmpty(value)['lastSeen']);
    const event: PresenceEvent = {
      kind: 'presence',
      channel: scope.channel,
      atMs: null,
      chat: sides.chat,
      presence: said,
      ...(author === null ? {} : { sender: author }),
      ...(lastSeenMs === null ? {} : { lastSeenMs }),
    };
    return [event];
  });
}

/** `contacts.upsert`, `contacts.update`: a missing name erases nothing. The JID's digits are a filler, not a name. */
export function contact(scope: Scope, item: Loose): InboundEvent {
  const address = addressOf(item['remoteJid'] ?? item['id']);
  const name = asName(item['pushName'], 512);
  const person = partyOf([address], name === address?.value ? null : name);
  return { kind: 'contact_sync', channel: scope.channel, atMs: null, action: 'upsert', person };
}

/** `groups.upsert`, `groups.update`. */
export function group(event: 'upsert' | 'update'): (scope: Scope, item: Loose) => InboundEvent {
  return (scope, item) => ({
    kind: 'group_update',
    channel: scope.channel,
    atMs: null,
    chat: partyOf([addressOf(item['id'])], asName(item['subject'], 512)),
    event,
    participants: null,
  });
}

/** `group-participants.update`: members, by phone number if the server knows it. */
export function groupMembers(scope: Scope, item: Loose): InboundEvent {
  const detailed = asObjects(item['participantsData']);
  const members =
    detailed.length > 0 ? detailed : asList(item['participants']).map((one) => asObject(one) ?? { jid: one });
  const participants = members.slice(0, 1024).map((member: Loose) => {
    return personOf([member['phoneNumber'], member['jid'], member['id']], null);
  });
  const chat = partyOf([addressOf(item['id'])], null);
  return {
    kind: 'group_update',
    channel: scope.channel,
    atMs: null,
    chat,
    event: asText(item['action'], 64),
    participants,
  };
}

/** `call`. */
export function call(scope: Scope, item: Loose): InboundEvent {
  const date = Date.parse(asText(item['date'], 64) ?? '');
  return {
    kind: 'call',
    channel: scope.channel,
    atMs: Number.isNaN(date) ? null : date,
    callId: asId(item['id']),
    direction: 'inbound',
    from: personOf([item['from'], item['chatId']], null),
    to: null,
    event: asText(item['status'], 64),
  };
}
