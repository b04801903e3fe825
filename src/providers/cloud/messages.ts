/** Messages, reactions, edits and deletions of the Cloud API, in either direction. */
import { asId, asName, asObject, asText, instantFromSeconds, orEmpty, type Loose } from '../../lib/loose.ts';
import { phoneDigits, primary, samePhone } from '../identity.ts';
import type { ContactChangeEvent, InboundEvent, MessageEvent, Party } from '../inbound.ts';
import { contentOf, typeOf } from './content.ts';
import { chatOf, ignored, parked, personOf, type Scope } from './scope.ts';

/** The list of the webhook that an item came from. It decides who wrote the item if the item itself does not say. */
export interface Source {
  readonly history: boolean;
  /** Set for echoes: messages that our own number sent from somewhere else. */
  readonly echo: MessageEvent['origin'] | null;
  /** Number of the other party, if the list itself names it (history threads). */
  readonly threadId?: string;
}

/** Live messages of customers. */
export const LIVE: Source = { history: false, echo: null };

interface Envelope {
  readonly scope: Scope;
  readonly channel: string;
  readonly id: string;
  readonly atMs: number | null;
  readonly direction: 'inbound' | 'outbound';
  readonly origin: MessageEvent['origin'];
  readonly chat: Party;
  readonly sender: Party | null;
  readonly history: boolean;
}

/** Parses one item of `messages[]` or `message_echoes[]`. Without a usable id, channel or other party it is parked. */
export function parseMessage(scope: Scope, item: Loose, source: Source): InboundEvent {
  const envelope = envelopeOf(scope, item, source);
  if (typeof envelope === 'string') return parked(scope, item, envelope);
  const type = typeOf(item);
  return (SPECIAL.get(type) ?? ordinary)(envelope, item, type);
}

function envelopeOf(scope: Scope, item: Loose, source: Source): Envelope | string {
  const id = asId(item['id']);
  if (id === null) return 'message without an id';
  if (scope.channel === null) return 'message without a phone_number_id';
  const ours = isOurs(scope, item, source);
  const person = ours ? recipientOf(scope, item, source) : personOf(scope, item['from'], item['from_user_id']);
  if (person === null) return ours ? 'own message without a recipient' : 'message without a sender';
  return {
    scope,
    channel: scope.channel,
    id,
    atMs: instantFromSeconds(item['timestamp']),
    direction: ours ? 'outbound' : 'inbound',
    origin: ours ? originOf(item, source) : 'customer',
    ...(ours ? { ...chatOf(item, person), sender: null } : chatOf(item, person)),
    history: source.history,
  };
}

/**
 * Compares in any notation, because the display number may be formatted or spelt differently. Otherwise we could become
 * our own customer.
 */
function isOwn(scope: Scope, from: unknown): boolean {
  return samePhone(from, scope.ownDigits);
}

function isOurs(scope: Scope, item: Loose, source: Source): boolean {
  return source.echo !== null || isOwn(scope, item['from']) || isOurBacklog(scope, item, source);
}

/**
 * For a history that does not name our own number: a message is ours if the other party of the thread did not write it.
 */
function isOurBacklog({ ownDigits }: Scope, item: Loose, { threadId }: Source): boolean {
  if (ownDigits !== null || phoneDigits(threadId) === null) return false;
  return phoneDigits(item['from']) !== null && !samePhone(item['from'], threadId);
}

function originOf(item: Loose, source: Source): MessageEvent['origin'] {
  if (item['message_creation_type'] === 'created_by_1p_bot') return 'provider_bot';
  return source.echo ?? 'business_app';
}

function recipientOf(scope: Scope, item: Loose, source: Source): Party | null {
  const named = personOf(scope, item['to'] ?? source.threadId, item['to_user_id']);
  if (named !== null) return named;
  const others = scope.people.filter((person) => !isOwn(scope, person['wa_id']));
  const only = others.length === 1 ? others[0] : undefined;
  return only === undefined ? null : personOf(scope, only['wa_id'], only['user_id']);
}

type Maker = (envelope: Envelope, item: Loose, type: string) => InboundEvent;

const base = (envelope: Envelope): Pick<Envelope, 'channel' | 'atMs' | 'direction' | 'chat'> => {
  const { channel, atMs, direction, chat } = envelope;
  return { channel, atMs, direction, chat };
};

const ordinary: Maker = (envelope, item, type) => {
  const { scope, origin, sender, history, direction } = envelope;
  const context = orEmpty(item['context']);
  const drawn = contentOf(item, type, scope.errors);
  const state = direction === 'outbound' ? pastState(item) : undefined;
  return {
    kind: 'message',
    ...base(envelope),
    origin,
    providerMessageId: envelope.id,
    sender,
    own: scope.own,
    ...drawn,
    content: { ...drawn.content, ...extrasOf(item, context) },
    forwarded: context['forwarded'] === true || context['frequently_forwarded'] === true,
    contextId: asId(context['id']),
    history,
    clientRef: null,
    ...(state === undefined ? {} : { status: state }),
  };
};

function extrasOf(item: Loose, context: Loose): Loose {
  const product = asObject(context['referred_product']);
  const referral = asObject(item['referral']);
  return {
    ...(context['frequently_forwarded'] === true ? { frequentlyForwarded: true } : {}),
    ...(product === null ? {} : { referredProduct: productOf(product) }),
    ...(referral === null ? {} : { referral: referralOf(referral) }),
  };
}

function productOf(product: Loose): Loose {
  return {
    catalogId: asId(product['catalog_id'], 256),
    productRetailerId: asId(product['product_retailer_id'], 256),
  };
}

/** The advertisement that a conversation came from. */
function referralOf(referral: Loose): Loose {
  const welcome = asName(orEmpty(referral['welcome_message'])['text'], 4096);
  return {
    sourceType: asText(referral['source_type'], 64),
    sourceId: asId(referral['source_id'], 256),
    sourceUrl: asText(referral['source_url'], 2048),
    headline: asText(referral['headline'], 1024),
    body: asText(referral['body'], 4096),
    mediaType: asText(referral['media_type'], 64),
    mediaUrl: asText(referral['image_url'] ?? referral['video_url'], 4096),
    ctwaClid: asText(referral['ctwa_clid'], 1024),
    ...(welcome === null ? {} : { welcome }),
  };
}

const STATES = new Map<string, NonNullable<MessageEvent['status']>>([
  ['PENDING', 'pending'],
  ['SENT', 'sent'],
  ['DELIVERED', 'delivered'],
  ['READ', 'read'],
  ['PLAYED', 'played'],
  ['ERROR', 'failed'],
]);

function pastState(item: Loose): MessageEvent['status'] {
  const said = asText(orEmpty(item['history_context'])['status'], 32);
  return STATES.get(said?.toUpperCase() ?? '');
}

/** A removed reaction has no `emoji` according to the documentation, but an empty one in practice. */
const reaction: Maker = (envelope, item) => {
  const part = orEmpty(item['reaction']);
  const targetId = asId(part['message_id']);
  if (targetId === null) return parked(envelope.scope, item, 'reaction without a target');
  const emoji = asName(part['emoji'], 64);
  const { sender, scope, id } = envelope;
  return { kind: 'reaction', ...base(envelope), providerMessageId: id, targetId, sender, own: scope.own, emoji };
};

const change = (
  envelope: Envelope,
  targetId: string,
): Pick<MessageEvent, 'own' | 'origin'> & { targetId: string; providerMessageId: string } => {
  return { providerMessageId: envelope.id, targetId, own: envelope.scope.own, origin: envelope.origin };
};

/** We read no quote from an edited message: its own `context.id` is the literal `M0`. */
const edit: Maker = (envelope, item) => {
  const part = orEmpty(item['edit']);
  const targetId = asId(part['original_message_id']);
  if (targetId === null) return parked(envelope.scope, item, 'edit without a target');
  const edited = orEmpty(part['message']);
  const { type, text } = contentOf(edited, typeOf(edited), []);
  return { kind: 'edit', ...base(envelope), ...change(envelope, targetId), type, text };
};

const revoke: Maker = (envelope, item) => {
  const targetId = asId(orEmpty(item['revoke'])['original_message_id']);
  if (targetId === null) return parked(envelope.scope, item, 'deletion without a target');
  return { kind: 'revoke', ...base(envelope), ...change(envelope, targetId) };
};

const CHANGES = new Map<string, ContactChangeEvent['change']>([
  ['user_changed_number', 'number'],
  ['customer_changed_number', 'number'],
  ['user_changed_user_id', 'user_id'],
  ['customer_identity_changed', 'identity'],
]);

const system: Maker = (envelope, item, type) => {
  const part = orEmpty(item['system']);
  const kind = CHANGES.get(asText(part['type'], 64) ?? '');
  if (kind === undefined) return ordinary(envelope, item, type);
  const { channel, atMs, id, sender, scope } = envelope;
  // The ids outside the notice may already be the new ones, so the previous user id tells whom it is about.
  const before = kind === 'user_id' ? personOf(scope, item['from'], part['previous_user_id']) : null;
  const chat = before ?? sender ?? envelope.chat;
  const renamed = personOf({ ...scope, cards: new Map() }, part['wa_id'] ?? part['new_wa_id'], part['user_id']);
  const text = asText(part['body'], 4096);
  return {
    kind: 'contact_change',
    channel,
    atMs,
    change: kind,
    providerMessageId: id,
    chat,
    renamed,
    text,
  };
};

/** The customer opened the chat for the first time and wrote nothing. */
const welcome: Maker = ({ channel, atMs, id, chat }) => {
  const fields = { provider_message_id: id, from: primary(chat) };
  return ignored(channel, 'request_welcome', { atMs, fields });
};

const SPECIAL = new Map<string, Maker>([
  ['reaction', reaction],
  ['edit', edit],
  ['revoke', revoke],
  ['system', system],
  ['request_welcome', welcome],
]);
