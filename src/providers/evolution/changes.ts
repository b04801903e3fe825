/** Delivery states, edits and deletions of the Evolution API, and the rules for which of them to trust. */
import { asId, asList, asName, asObject, orEmpty, type Loose } from '../../lib/loose.ts';
import { canonical } from '../identity.ts';
import type { InboundEvent, StatusEvent } from '../inbound.ts';
import { editedContent } from './content.ts';
import { addressOf, sidesOf } from './jid.ts';
import { parseProtocol, protocolType } from './messages.ts';
import { clientRefOf, ignored, parked, stateOf, type Scope } from './scope.ts';

/**
 * `messages.update`. A state is real only if there is no message or poll beside it. Edits come with an invented
 * SERVER_ACK (2.3.7) or as DELETED (2.3.0 to 2.3.4), so this event must never delete anything.
 */
export function parseUpdate(scope: Scope, item: Loose): InboundEvent {
  const id = asId(item['keyId']) ?? asId(orEmpty(item['key'])['id']);
  if (id === null) return parked(scope, 'update without an id');
  const fields = { provider_message_id: id };
  const message = asObject(item['message']);
  if (message !== null) return editInUpdate(scope, item, id) ?? ignored(scope, 'update_with_message', { fields });
  if (asList(item['pollUpdates']).length > 0) return ignored(scope, 'poll_aggregate', { fields });
  if (item['status'] === 'DELETED') return ignored(scope, 'ambiguous_deleted_update', { fields });
  const status = stateOf(item['status']);
  if (status === undefined) return ignored(scope, 'unknown_status', { fields });
  if (item['fromMe'] !== true) return ignored(scope, 'own_read_of_inbound', { fields });
  return statusOf(scope, item, id, status);
}

function statusOf(scope: Scope, item: Loose, id: string, status: StatusEvent['status']): StatusEvent {
  const participant = addressOf(item['participant']);
  return {
    kind: 'status',
    channel: scope.channel,
    atMs: null,
    providerMessageId: id,
    status,
    recipient: sidesOf(item, true, null)?.chat ?? null,
    participant: participant === null ? '' : canonical(participant),
    error: status === 'failed' ? NOT_SENT : null,
    clientRef: clientRefOf(id),
    own: scope.own,
  };
}

/** The server forwards no error code. */
const NOT_SENT = { code: 'unspecified', title: 'WhatsApp did not accept the message', retryable: true } as const;

function editInUpdate(scope: Scope, item: Loose, id: string): InboundEvent | null {
  const edited = asObject(orEmpty(item['message'])['editedMessage']);
  if (edited === null) return null;
  const { type, text } = editedContent(edited);
  const fromMe = item['fromMe'] === true;
  const sides = sidesOf(item, fromMe, null);
  return {
    kind: 'edit',
    channel: scope.channel,
    atMs: null,
    direction: fromMe ? 'outbound' : 'inbound',
    providerMessageId: null,
    targetId: id,
    chat: sides?.chat ?? null,
    sender: sides?.sender ?? null,
    own: scope.own,
    type,
    text,
  };
}

/**
 * `messages.edited`: a bare protocolMessage. The editor's own client wrote its key, from that client's point of view,
 * so it can name any message. We therefore read it only as an edit of an inbound message, and trust no chat.
 */
export function parseEdited(scope: Scope, item: Loose): InboundEvent {
  const carrier = { providerMessageId: null, direction: 'inbound', chat: null, atMs: null } as const;
  return parseProtocol(scope, item, carrier) ?? ignored(scope, `protocol_${protocolType(item)}`);
}

/**
 * `send.message.update`: an edit made through the API, by us or a colleague's tool. Its key is from our point of view.
 */
export function parseSentUpdate(scope: Scope, item: Loose): InboundEvent {
  const chat = sidesOf(orEmpty(item['key']), true, null)?.chat ?? null;
  const carrier = { providerMessageId: null, direction: 'outbound', chat, atMs: null } as const;
  return parseProtocol(scope, item, carrier) ?? ignored(scope, `protocol_${protocolType(item)}`);
}

/**
 * `messages.delete`: a flat key, or a database row with a `key` inside. The message's id is the key's, not the row's.
 */
export function parseDelete(scope: Scope, item: Loose): InboundEvent {
  const key = asObject(item['key']) ?? item;
  const targetId = asId(key['id']);
  if (targetId === null || asName(key['remoteJid']) === null) return parked(scope, 'deletion without a target');
  const fromMe = key['fromMe'] === true;
  return {
    kind: 'revoke',
    channel: scope.channel,
    atMs: null,
    direction: fromMe ? 'outbound' : 'inbound',
    providerMessageId: null,
    targetId,
    chat: sidesOf(key, fromMe, null)?.chat ?? null,
    own: scope.own,
  };
}
