/**
 * The Provider interface: what the product needs from a WhatsApp carrier, independent of how the carrier expresses it.
 * Parsers are pure and total: any bytes give events or a `broken` verdict, never an exception.
 */
import type { PairingCode } from '../contract/accounts.ts';
import type { Capabilities } from '../contract/capabilities.ts';
import type { Address, ProviderName } from '../contract/entities.ts';
import type { Parsed } from './inbound.ts';
import type { MediaFetch, MediaOutcome, WantedMedia } from './media.ts';
import type { AccountCheck, CarrierHttp, CarrierSilence, MissedPage, PairingAnswer, TemplatePage } from './managing.ts';
import type { Credentials, HttpPost, OutboundFile, SendOutcome, SendRequest, UploadOutcome } from './sending.ts';

/** A webhook request as the gateway received it; `body` is byte for byte what was signed. */
export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Public URL as the provider called it (only Twilio signs it). */
  readonly url: string;
  readonly body: Buffer;
  readonly nowMs: number;
}

/**
 * How deeply nested a body's JSON may be. Quotes of quotes have no documented bound (three levels each), and a carrier
 * may give up a refused message for good; a hundred thousand levels are no real webhook.
 */
export const MAX_BODY_DEPTH = 1024;

/** One secret that could have signed a request. `fingerprint` is safe to store and to log. */
export interface Secret {
  readonly value: string;
  readonly fingerprint: string;
}

/** One WhatsApp carrier. Adding one = a folder with this object, one line in index.ts, its fixtures. */
export interface Provider {
  readonly name: ProviderName;
  /** Bodies above this are answered 413 without reading on. */
  readonly maxBodyBytes: number;
  readonly mediaTypes: readonly string[];
  readonly capabilities: Capabilities;
  /** Channel ids (phone_number_id …) found by a cheap byte search before authentication: an untrusted hint for secrets and shard. */
  channelHint(request: WebhookRequest): string | null;
  /** The first secret that proves the sender, or null. Constant time per secret; never throws. */
  verify(request: WebhookRequest, secrets: readonly Secret[]): Secret | null;
  /** Pure and total. */
  parse(body: Buffer, receivedAtMs: number): Parsed;
  /** The part of a proven request to store and parse, if that is more than its body. Pure. Default: the body. */
  bodyToKeep?(request: WebhookRequest): Buffer;
  /** Stores a file before the message that shows it is sent, if the provider requires that. Never throws. */
  upload?(post: HttpPost, credentials: Credentials, file: OutboundFile): Promise<UploadOutcome>;
  /** One call; never throws. Content with a file needs `uploadedId` if the provider has an `upload`. */
  send(post: HttpPost, credentials: Credentials, request: SendRequest): Promise<SendOutcome>;
  /** Tells the customer their messages up to this id were read; null where the provider cannot. */
  markRead(
    post: HttpPost,
    credentials: Credentials,
    target: { readonly to: Address; readonly providerMessageId: string },
  ): Promise<SendOutcome>;
  /** Whether showing typing also tells the customer that the message was read. */
  readonly typingMarksRead: boolean;
  /** Shows "typing…" to the customer. */
  typing(
    post: HttpPost,
    credentials: Credentials,
    target: { readonly to: Address; readonly providerMessageId: string | null },
  ): Promise<SendOutcome>;
  /** The bytes of an attachment that a customer sent. May reject when the connection breaks. */
  fetchMedia?(fetch: MediaFetch, credentials: Credentials, wanted: WantedMedia): Promise<MediaOutcome>;
  /** The business account that a webhook of this number names; null where it names none. Pure. */
  businessOf?(body: Buffer, channel: string): string | null;
  /** Asks whether the number works. */
  check?(http: CarrierHttp, credentials: Credentials): Promise<AccountCheck | CarrierSilence>;
  /** Asks for a code that links a phone. */
  pair?(http: CarrierHttp, credentials: Credentials, nowMs: number): Promise<PairingAnswer>;
  /** The pairing code in a proven webhook; null if it has none. `bodyToKeep` must remove it. */
  pairingOf?(request: WebhookRequest): { readonly channel: string; readonly qr: PairingCode | null } | null;
  /** One page of the account's templates; `page` null is the first. */
  listTemplates?(http: CarrierHttp, credentials: Credentials, page: string | null): Promise<TemplatePage>;
  /** One page of what happened since a time, ms; `page` null is the first. */
  listMissed?(
    http: CarrierHttp,
    credentials: Credentials,
    asked: { readonly sinceMs: number; readonly page: string | null },
  ): Promise<MissedPage>;
}
