/** `messages.upsert`, `send.message` and `messages.set`: messages, reactions, votes, and changes sent as messages. */
import {
  asId,
  asName,
  asLong,
  asObject,
  asText,
  instantFromMs,
  instantFromSeconds,
  orEmpty,
  type Loose,
} from '../../lib/loose.ts';
import type { InboundEvent, MessageEvent, ReactionEvent } from '../inbound.ts';
import { contentOf, editedContent, unwrap, votedOptions, type Unwrapped } from './content.ts';
import { pushNameOf, sidesOf, type Sides } from './jid.ts';
import { clientRefOf, ignored, isOwn, parked, stateOf, type Scope } from './scope.ts';

/** What the event's name says about its messages. */
export interface Source {
  /** Who wrote our own messages: `send.message` reports an API call, an upsert was typed on the phone. */
  readonly ours: 'api' | 'phone';
  readonly history: boolean;
}

interface Envelope extends Sides {
  readonly scope: Scope;
  readonly id: string;
  readonly item: Loose;
  readonly atMs: number | null;
  readonly direction: 'inbound' | 'outbound';
  readonly source: Source;
}

/**
 * Parses one message. Without a usable id or chat it is parked. Stories, channels and our chat with ourselves are
 * ignored.
 */
export function parseMessage(scope: Scope, item: Loose, source: Source): InboundEvent {
  const key = orEmpty(item['key']);
  const id = asId(key['id']);
  const atMs = instantFromSeconds(item['messageTimestamp']);
  if (id === null) return parked(scope, 'message without an id', atMs);
  const skip = notAChat(scope, key);
  if (skip !== null) return ignored(scope, skip, { atMs, fields: { provider_message_id: id } });
  const fromMe = key['fromMe'] === true;
  const sides = sidesOf(key, fromMe, pushNameOf(item, key, fromMe));
  if (sides === null) return parked(scope, 'message without a chat', atMs);
  const direction = fromMe ? 'outbound' : 'inbound';
  return fromContent({ ...sides, scope, id, item, atMs, direction, source });
}

function notAChat(scope: Scope, key: Loose): string | null {
  const jid = asText(key['remoteJid'], 128) ?? '';
  if (jid === 'status@broadcast') return 'status_broadcast';
  if (jid.endsWith('@broadcast')) return 'broadcast';
  if (jid.endsWith('@newsletter')) return 'newsletter';
  return isOwn(scope, jid) ? 'self_chat' : null;
}

type Maker = (envelope: Envelope, part: Loose, key: string) => InboundEvent;

/** Content keys that are not a message to display. */
const SPECIAL = new Map<string, Maker>([
  ['reactionMessage', reaction],
  ['pollUpdateMessage', vote],
  ['protocolMessage', protocol],
  ['albumMessage', (envelope) => nothing(envelope, 'album_parent')],
  ...['pinInChatMessage', 'keepInChatMessage', 'encReactionMessage', 'encCommentMessage'].map(
    (name): [string, Maker] => [name, (envelope) => nothing(envelope, name)],
  ),
]);

function fromContent(envelope: Envelope): InboundEvent {
  const message = asObject(envelope.item['message']);
  if (message === null) return nothing(envelope, 'no_content');
  const wrapped = unwrap(message);
  const { key, drawn } = contentOf(wrapped);
  if (key === null) return nothing(envelope, 'no_content');
  const special = SPECIAL.get(key);
  if (special !== undefined) return special(envelope, orEmpty(wrapped.message[key]), key);
  return toMessage(envelope, drawn, contextReader(envelope.item, wrapped, key));
}

function nothing({ scope, id, atMs }: Envelope, reason: string): InboundEvent {
  return ignored(scope, reason, { atMs, fields: { provider_message_id: id } });
}

type ContextReader = (name: string) => unknown;

/** Quote and forward data are in the content or beside the message, depending on kind and version. The content wins. */
function contextReader(item: Loose, wrapped: Unwrapped, key: string): ContextReader {
  const inner = orEmpty(orEmpty(wrapped.message[key])['contextInfo']);
  const outer = orEmpty(item['contextInfo']);
  return (name) => inner[name] ?? outer[name];
}

function toMessage(
  envelope: Envelope,
  drawn: ReturnType<typeof contentOf>['drawn'],
  context: ContextReader,
): MessageEvent {
  const { scope, id, atMs, direction, source, item, chat, sender } = envelope;
  const outbound = direction === 'outbound';
  const score = asLong(context('forwardingScore')) ?? 0;
  const status = outbound ? stateOf(item['status']) : undefined;
  const referral = referralOf(asObject(context('externalAdReply')));
  return {
    kind: 'message',
    channel: scope.channel,
    atMs,
    direction,
    origin: outbound ? source.ours : 'customer',
    providerMessageId: id,
    idWithinChat: true,
    chat,
    sender,
    own: scope.own,
    ...drawn,
    content: {
      ...drawn.content,
      ...(score >= MANY_FORWARDS ? { frequentlyForwarded: true } : {}),
      ...(referral === null ? {} : { referral }),
    },
    forwarded: context('isForwarded') === true || score > 0,
    contextId: asId(context('stanzaId')),
    history: source.history,
    clientRef: outbound ? clientRefOf(id) : null,
    ...(status === undefined ? {} : { status }),
  };
}

/** From this score on, WhatsApp's apps show "forwarded many times". */
const MANY_FORWARDS = 5;

/**
 * The advertisement that a message came from. Link previews use the same field, but only advertisements name a source.
 */
function referralOf(ad: Loose | null): Loose | null {
  if (ad === null || (asId(ad['sourceId']) === null && asName(ad['ctwaClid']) === null)) return null;
  return {
    sourceType: asText(ad['sourceType'], 64),
    sourceId: asId(ad['sourceId'], 256),
    sourceUrl: asText(ad['sourceUrl'], 2048),
    headline: asText(ad['title'], 1024),
    body: asText(ad['body'], 4096),
    mediaUrl: asText(ad['thumbnailUrl'], 4096),
    ctwaClid: asText(ad['ctwaClid'], 1024),
  };
}

function reaction(envelope: Envelope, part: Loose): InboundEvent {
  const targetId = asId(orEmpty(part['key'])['id']);
  if (targetId === null) return parked(envelope.scope, 'reaction without a target', envelope.atMs);
  return { kind: 'reaction', ...aboutTarget(envelope), targetId, emoji: asName(part['text'], 64) };
}

/** The fields that all items about another message of the chat share. */
function aboutTarget(envelope: Envelope): Omit<ReactionEvent, 'kind' | 'targetId' | 'emoji'> {
  const { scope, id, atMs, direction, chat, sender } = envelope;
  const { channel, own } = scope;
  return { channel, atMs, direction, providerMessageId: id, idWithinChat: true, chat, sender, own };
}

/** The voter's full current choice. It replaces the earlier one; an empty list withdraws the vote. */
function vote(envelope: Envelope, part: Loose): InboundEvent {
  const targetId = asId(orEmpty(part['pollCreationMessageKey'])['id']);
  if (targetId === null) return parked(envelope.scope, 'vote without a poll', envelope.atMs);
  return { kind: 'poll_vote', ...aboutTarget(envelope), targetId, options: votedOptions(orEmpty(part['vote'])) };
}

/**
 * An edit or deletion inside a message. Author and chat come from the enclosing message's key, which the server
 * checked.
 */
function protocol(envelope: Envelope, part: Loose): InboundEvent {
  const { id, direction, chat, sender, atMs } = envelope;
  const carrier = { providerMessageId: id, direction, chat, sender, atMs };
  return parseProtocol(envelope.scope, part, carrier) ?? nothing(envelope, `protocol_${protocolType(part)}`);
}

/** What is known about the sender of a change. */
export interface Carrier {
  readonly providerMessageId: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly chat: Sides['chat'] | null;
  readonly sender?: Sides['sender'];
  readonly atMs: number | null;
}

/** The event of a protocolMessage; null when it is neither an edit nor a deletion, or names no target. */
export function parseProtocol(scope: Scope, part: Loose, carrier: Carrier): InboundEvent | null {
  const targetId = asId(orEmpty(part['key'])['id']);
  const type = protocolType(part);
  if (targetId === null || (type !== 'REVOKE' && type !== 'MESSAGE_EDIT')) return null;
  const atMs = instantFromMs(part['timestampMs']) ?? carrier.atMs;
  const shared = { channel: scope.channel, own: scope.own, ...carrier, atMs, targetId };
  if (type === 'REVOKE') return { kind: 'revoke', ...shared };
  const { type: newType, text } = editedContent(orEmpty(part['editedMessage']));
  return { kind: 'edit', ...shared, type: newType, text };
}

const PROTOCOL_TYPES = new Map([
  [0, 'REVOKE'],
  [3, 'EPHEMERAL_SETTING'],
  [5, 'HISTORY_SYNC_NOTIFICATION'],
  [14, 'MESSAGE_EDIT'],
]);

/** Depending on the version, enums are names or numbers. Protobuf omits the default value, REVOKE. */
export function protocolType(part: Loose): string {
  const type = part['type'];
  if (typeof type === 'number') return PROTOCOL_TYPES.get(type) ?? String(type);
  return asName(type, 64) ?? 'REVOKE';
}
