/** Events in the flat, snake_case form of `hunfly webhook explain`: what an operator reads and what fixtures expect. */
import { asObjects, orEmpty, type Loose } from '../lib/loose.ts';
import { mediaFields } from './explain-media.ts';
import {
  ofCall,
  ofConsent,
  ofContactChange,
  ofContactSync,
  ofGroupUpdate,
  ofHistoryMedia,
  ofVote,
} from './explain-others.ts';
import { canonical, phoneDigits, primary } from './identity.ts';
import type {
  ErrorEvent,
  ConnectionEvent,
  EditEvent,
  InboundEvent,
  MessageEvent,
  OtherEvent,
  Party,
  PresenceEvent,
  ReactionEvent,
  RevokeEvent,
  StatusEvent,
} from './inbound.ts';

/** One flat record per event. Pure; holds customer data, so it goes to a terminal and never to a log. */
export function explain(event: InboundEvent): Record<string, unknown> {
  return {
    kind: event.kind,
    ...(event.channel === null ? {} : { channel: event.channel }),
    ...(event.account === undefined ? {} : { account: event.account }),
    timestamp_iso: iso(event.atMs),
    ...(isOther(event) ? event.fields : details(event)),
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Kinds that already carry their fields in this form. */
function isOther(event: InboundEvent): event is OtherEvent | ErrorEvent {
  return 'fields' in event && event.kind !== 'ignored';
}

type Detailed = Exclude<InboundEvent, OtherEvent | ErrorEvent>;
type Explainers = { readonly [K in Detailed['kind']]: (event: Extract<Detailed, { kind: K }>) => Loose };

const EXPLAINERS: Explainers = {
  message: ofMessage,
  status: ofStatus,
  reaction: ofReaction,
  edit: ofChange,
  revoke: ofChange,
  presence: ofPresence,
  connection: ofConnection,
  poll_vote: ofVote,
  contact_change: ofContactChange,
  call: ofCall,
  contact_sync: ofContactSync,
  group_update: ofGroupUpdate,
  consent: ofConsent,
  history_media: ofHistoryMedia,
  ignored: ({ reason, fields }) => ({ reason, ...fields }),
  parked: ({ reason }) => ({ reason }),
};

function details(event: Detailed): Loose {
  return (EXPLAINERS[event.kind] as (event: Detailed) => Loose)(event);
}

function identities(party: Party): string[] {
  return party.addresses.map(canonical);
}

type Directed = Pick<MessageEvent, 'direction' | 'sender' | 'own'> & { readonly chat: Party };

function ends(event: Directed): Loose {
  const author = event.sender ?? event.chat;
  const ours = { from: event.own, to: primary(event.chat), to_ids: identities(event.chat) };
  const theirs = { from: primary(author), from_ids: identities(author), to: event.own };
  return { direction: event.direction, ...(event.direction === 'outbound' ? ours : theirs), chat: primary(event.chat) };
}

function ofMessage(event: MessageEvent): Loose {
  const author = event.sender ?? event.chat;
  return {
    ...ends(event),
    origin: event.origin,
    provider_message_id: event.providerMessageId,
    contact_name: author.name,
    ...(author.username === undefined ? {} : { username: author.username }),
    type: event.type,
    text: event.text,
    ...(event.media === null ? {} : { media: mediaFields(event.media, event.text) }),
    ...(event.type === 'audio' ? { voice: event.media?.voice ?? false } : {}),
    ...ofContent(event.content),
    forwarded: event.forwarded,
    context_id: event.contextId,
    history: event.history,
    client_ref: event.clientRef,
    ...(event.status === undefined ? {} : { status: event.status }),
  };
}

const CONTENT = new Map<string, (value: unknown) => Loose>([
  ['location', (value) => ({ location: { name: null, address: null, url: null, ...orEmpty(value) } })],
  ['contacts', (value) => ({ contacts: asObjects(value).map(card) })],
  ['interactive', (value) => ({ interactive: snake(value) })],
  ['order', (value) => ({ order: snake(value) })],
  ['poll', (value) => ({ poll: snake(value) })],
  ['referral', (value) => ({ referral: snake(value) })],
  ['referredProduct', (value) => ({ referred_product: snake(value) })],
  ['unsupported', unsupported],
  ['animated', (value) => ({ animated: value })],
  ['live', (value) => ({ live: value })],
  ['viewOnce', (value) => ({ view_once: value })],
  ['frequentlyForwarded', (value) => ({ frequently_forwarded: value })],
]);

function ofContent(content: Loose): Loose {
  const parts = Object.entries(content).map(([key, value]) => CONTENT.get(key)?.(value) ?? {});
  return Object.assign({}, ...parts) as Loose;
}

function unsupported(value: unknown): Loose {
  const { type, errorCode } = orEmpty(value) as { type?: unknown; errorCode?: unknown };
  return { unsupported_type: type, error_code: errorCode ?? null };
}

function card(contact: Loose): Loose {
  const phones = asObjects(contact['phones']).map(({ phone, waId }) => dialled(waId ?? phone));
  return { name: contact['name'], phones };
}

function dialled(phone: unknown): unknown {
  const digits = phoneDigits(phone);
  return digits === null ? phone : `+${digits}`;
}

/** Renames the first level; `expiresAt` reads as `expires_iso` there. */
function snake(value: unknown): Loose {
  const renamed = Object.entries(orEmpty(value)).map(([key, item]): [string, unknown] => [
    key === 'expiresAt' ? 'expires_iso' : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    item,
  ]);
  return Object.fromEntries(renamed);
}

function ofStatus(event: StatusEvent): Loose {
  return {
    provider_message_id: event.providerMessageId,
    status: event.status,
    ...(event.raw === undefined ? {} : { raw_status: event.raw }),
    from: event.own ?? null,
    to: primary(event.recipient),
    to_ids: event.recipient === null ? [] : identities(event.recipient),
    ...(event.participant === '' ? {} : { participant: event.participant }),
    client_ref: event.clientRef,
    ...(event.pricing === undefined ? {} : { pricing: event.pricing }),
    ...(event.status === 'failed' ? ofFailure(event.error) : {}),
  };
}

function ofFailure(error: StatusEvent['error']): Loose {
  if (error === null) return { error_code: null, error_title: null, retryable: false };
  return {
    error_code: /^\d+$/.test(error.code) ? Number(error.code) : null,
    error_title: error.providerTitle ?? error.title,
    retryable: error.retryable,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

function ofReaction(event: ReactionEvent): Loose {
  return {
    ...ends(event),
    provider_message_id: event.providerMessageId,
    target_id: event.targetId,
    emoji: event.emoji,
  };
}

function ofChange(event: EditEvent | RevokeEvent): Loose {
  const other = primary(event.chat);
  const end = event.direction === 'outbound' ? { from: event.own ?? null, to: other } : { from: other };
  return {
    direction: event.direction,
    ...(event.origin === undefined ? {} : { origin: event.origin }),
    provider_message_id: event.providerMessageId,
    target_id: event.targetId,
    ...end,
    chat: other,
    ...(event.kind === 'edit' ? { type: event.type ?? 'text', text: event.text } : {}),
  };
}

function ofPresence(event: PresenceEvent): Loose {
  return {
    from: primary(event.sender ?? event.chat),
    chat: primary(event.chat),
    presence: event.presence,
    ...(event.lastSeenMs === undefined ? {} : { last_seen_iso: iso(event.lastSeenMs) }),
  };
}

function ofConnection(event: ConnectionEvent): Loose {
  return {
    state: event.state,
    reason_code: event.reasonCode,
    ...(event.ownId === null ? {} : { own_id: event.ownId }),
    ...(event.relinkRequired === undefined ? {} : { relink_required: event.relinkRequired }),
  };
}

/** As `explain`, for a whole body; events of a channel that nobody registered read as ignored. */
export function explainAll(
  events: readonly InboundEvent[],
  isKnownChannel: (channel: string) => boolean,
): Record<string, unknown>[] {
  return events.map((event) => {
    const flat = explain(event);
    if (event.channel === null || isKnownChannel(event.channel)) return flat;
    const id = flat['provider_message_id'] ?? null;
    return { kind: 'ignored', channel: event.channel, provider_message_id: id, reason: 'unknown_channel' };
  });
}
