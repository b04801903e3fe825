/**
 * The content of webhooks in our own terms: the events that parsers produce from raw bytes. Parsers are pure and total.
 */
import type { Address } from '../contract/entities.ts';
import type { MessageKind } from '../contract/message.ts';
import type { SendFailure } from './sending.ts';

/** The other end of a message: all identities the payload gives for one person or group. */
export interface Party {
  /** All addresses, the one to answer to first. Phone numbers are digits without `+`, type `wa_id`. */
  readonly addresses: readonly Address[];
  /** Name the person gave themselves, if the payload has one. */
  readonly name: string | null;
  /** For display only: usernames change hands, so nobody may be found by one. */
  readonly username?: string;
}

/** Metadata of an attachment; never the bytes. */
export interface InboundMedia {
  /** Type and subtype only, lower case. */
  readonly mime: string;
  /** As received, with parameters such as `codecs=opus`. */
  readonly mimeRaw?: string;
  readonly providerMediaId: string | null;
  /** Only a URL that can really be fetched. */
  readonly url: string | null;
  /** 64 hex digits, whichever notation the provider used. */
  readonly sha256: string | null;
  readonly filename: string | null;
  readonly sizeBytes: number | null;
  readonly voice: boolean;
  /** True when the bytes are inline in the raw body. */
  readonly inline: boolean;
}

interface EventBase {
  /** phone_number_id, instance name or own Twilio address; null where the event names only `account`. */
  readonly channel: string | null;
  /** WABA id or AccountSid where that is what the event names. */
  readonly account?: string;
  /** Provider's clock, ms since 1970; null where the provider gives none or nonsense. */
  readonly atMs: number | null;
}

/** An item whose message ids may be chosen by its sender. */
interface FromChat {
  /** Set where the sender's client chooses message ids: one is unique only together with chat and direction. */
  readonly idWithinChat?: true;
}

/** A message in either direction; outbound ones were sent from the phone or by another program. */
export interface MessageEvent extends EventBase, FromChat {
  readonly kind: 'message';
  readonly direction: 'inbound' | 'outbound';
  readonly origin: 'customer' | 'business_app' | 'provider_bot' | 'phone' | 'api';
  readonly providerMessageId: string;
  /** The conversation partner: the customer, or the group. */
  readonly chat: Party;
  /** Who wrote it, where that differs from `chat` (group participants). */
  readonly sender: Party | null;
  /** The business's own address in the corpus form (`+digits`), if known. */
  readonly own: string | null;
  readonly type: MessageKind | 'media_placeholder';
  readonly text: string | null;
  readonly media: InboundMedia | null;
  /** Kind-specific content in the shapes of contract/entities.ts: location, contacts, interactive, order, poll, referral, unsupported … */
  readonly content: Readonly<Record<string, unknown>>;
  readonly forwarded: boolean;
  /** Id of the quoted message; null = no quote. */
  readonly contextId: string | null;
  /** Backlog: no notification, no window, no unread. */
  readonly history: boolean;
  /** Client-chosen id that came back, if any. */
  readonly clientRef: string | null;
  /** How far an outbound message already is, where the payload says so. */
  readonly status?: DeliveryState;
}

/** The states a provider reports for a message of ours. */
export type DeliveryState = 'pending' | 'sent' | 'delivered' | 'read' | 'played' | 'failed';

/** An error as a webhook tells it, judged by the carrier's table of codes. */
export interface FailureSaid {
  readonly code: string;
  readonly title: string;
  readonly retryable: boolean;
  readonly hint?: string;
  /** What the code requires beyond this message, as in an answer with the same code. */
  readonly action?: SendFailure['action'];
  readonly operator?: string;
  /** The provider's own words; `title` is ours, for an agent. */
  readonly providerTitle?: string;
}

/** A delivery state of a message that we sent. */
export interface StatusEvent extends EventBase {
  readonly kind: 'status';
  readonly providerMessageId: string;
  readonly status: DeliveryState;
  /** The provider's own word, if ours is less specific. */
  readonly raw?: string;
  readonly recipient: Party | null;
  /** Group participant or '' : part of the identity of a status. */
  readonly participant: string;
  readonly error: FailureSaid | null;
  /** What we put into biz_opaque_callback_data or the callback URL: our message id. */
  readonly clientRef: string | null;
  /** The business's own address (`+digits`), if known. */
  readonly own?: string | null;
  /** What the message cost, in the provider's words: category, model, type, billable. */
  readonly pricing?: Readonly<Record<string, unknown>>;
}

/** An emoji added to a message, or (emoji null) removed from it. */
export interface ReactionEvent extends EventBase, FromChat {
  readonly kind: 'reaction';
  readonly direction: 'inbound' | 'outbound';
  readonly providerMessageId: string;
  readonly targetId: string;
  readonly chat: Party;
  readonly sender: Party | null;
  readonly own: string | null;
  readonly emoji: string | null;
}

/** What an edit and a revoke share. Apply only to a stored target of this `direction`, in this `chat` where it is known. */
interface ChangeBase extends EventBase {
  readonly direction: 'inbound' | 'outbound';
  readonly providerMessageId: string | null;
  readonly targetId: string;
  /** Null where the payload gives no chat that can be trusted. */
  readonly chat: Party | null;
  /** The author of the change in a group, where the payload names one. */
  readonly sender?: Party | null;
  readonly origin?: MessageEvent['origin'];
  readonly own?: string | null;
}

/** A message's text was changed by its author; trusted only where the provider lets us check the author. */
export interface EditEvent extends ChangeBase {
  readonly kind: 'edit';
  readonly text: string | null;
  readonly type?: MessageEvent['type'];
}

/** A message was deleted for everyone by its author. */
export interface RevokeEvent extends ChangeBase {
  readonly kind: 'revoke';
}

/** The customer is typing (or stopped); never stored. */
export interface PresenceEvent extends EventBase {
  readonly kind: 'presence';
  readonly chat: Party;
  readonly presence: string;
  /** Who, where that differs from `chat` (group participants). */
  readonly sender?: Party;
  readonly lastSeenMs?: number;
}

/** The channel itself: connected, connecting, closed. */
export interface ConnectionEvent extends EventBase {
  readonly kind: 'connection';
  readonly state: string;
  readonly reasonCode: number | null;
  readonly ownId: string | null;
  /** A person must link the phone again. */
  readonly relinkRequired?: boolean;
}

/** Somebody's complete current choice in a poll; it replaces the earlier one. */
export interface PollVoteEvent extends EventBase, FromChat {
  readonly kind: 'poll_vote';
  readonly direction: 'inbound' | 'outbound';
  readonly providerMessageId: string;
  readonly targetId: string;
  readonly chat: Party;
  readonly sender: Party | null;
  readonly own: string | null;
  /** Names of the chosen options, empty for a vote taken back; null where the vote is encrypted. */
  readonly options: readonly string[] | null;
}

/** A customer has another number, another user id or another phone. Never a reason to merge two contacts. */
export interface ContactChangeEvent extends EventBase {
  readonly kind: 'contact_change';
  readonly change: 'number' | 'user_id' | 'identity';
  readonly providerMessageId: string;
  readonly chat: Party;
  /** The customer's new addresses. */
  readonly renamed: Party | null;
  /** The carrier's own sentence. */
  readonly text: string | null;
}

/** A step of a phone call. */
export interface CallEvent extends EventBase {
  readonly kind: 'call';
  readonly callId: string | null;
  readonly direction: 'inbound' | 'outbound';
  readonly from: Party | null;
  readonly to: Party | null;
  /** The carrier's word for the step: `offer`, `connect`, `terminate` … */
  readonly event: string | null;
}

/** An entry in the address book of the connected phone. */
export interface ContactSyncEvent extends EventBase {
  readonly kind: 'contact_sync';
  readonly action: 'upsert' | 'remove';
  /** With the name, if there is one: a missing name erases nothing. */
  readonly person: Party | null;
}

/** A group's subject or members. */
export interface GroupUpdateEvent extends EventBase {
  readonly kind: 'group_update';
  /** With the subject as its name, if the payload has it. */
  readonly chat: Party | null;
  readonly event: string | null;
  readonly participants: readonly (Party | null)[] | null;
}

/** A customer allowed or stopped a category of messages, in the carrier's words. */
export interface ConsentEvent extends EventBase {
  readonly kind: 'consent';
  readonly person: Party | null;
  readonly category: string | null;
  readonly value: string | null;
  readonly detail: string | null;
}

/** The file of a placeholder that a backlog brought. */
export interface HistoryMediaEvent extends EventBase {
  readonly kind: 'history_media';
  readonly targetId: string;
  readonly type: MessageEvent['type'];
  readonly text: string | null;
  readonly media: InboundMedia | null;
}

/** Templates, quality and account: about a number, not about a conversation. `fields` follow the names of `webhook explain`. */
export interface OtherEvent extends EventBase {
  readonly kind: 'template_status' | 'template_category' | 'template_quality' | 'account';
  readonly fields: Readonly<Record<string, unknown>>;
}

/** An error of the number or the app, not of a message. `fields` as in OtherEvent. */
export interface ErrorEvent extends EventBase {
  readonly kind: 'error';
  readonly error: FailureSaid;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Authentic but nothing for us; `reason` is for operators. */
export interface IgnoredEvent extends EventBase {
  readonly kind: 'ignored';
  readonly reason: string;
  /** What else the event named, in the field names of the corpus. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** An item that could not be used (no id, no sender): goes to the dead letters with the raw body. */
export interface ParkedEvent extends EventBase {
  readonly kind: 'parked';
  readonly reason: string;
}

/** One thing that a webhook body says, in payload order. */
export type InboundEvent =
  | MessageEvent
  | StatusEvent
  | ReactionEvent
  | EditEvent
  | RevokeEvent
  | PresenceEvent
  | ConnectionEvent
  | PollVoteEvent
  | ContactChangeEvent
  | CallEvent
  | ContactSyncEvent
  | GroupUpdateEvent
  | ConsentEvent
  | HistoryMediaEvent
  | OtherEvent
  | ErrorEvent
  | IgnoredEvent
  | ParkedEvent;

/**
 * `broken`: authentic bytes that are not in the provider's documented format (not JSON, too deep): 400, raw bytes kept.
 */
export type Parsed =
  { readonly ok: true; readonly events: readonly InboundEvent[] } | { readonly ok: false; readonly broken: string };
