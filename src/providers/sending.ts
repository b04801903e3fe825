/** What a carrier is asked to do, how it is called, and how that can end. */
import type { Readable } from 'node:stream';
import type { MediaKind } from '../contract/capabilities.ts';
import type { SentCard, SentLocation, SentPoll, TemplateComponent } from '../contract/content.ts';
import type { Address } from '../contract/entities.ts';
import type { Interactive } from '../contract/interactive.ts';

/** A file to send. `voice`: to be played as a voice message. */
export interface OutboundFile {
  readonly mime: string;
  readonly filename: string | null;
  readonly sizeBytes: number;
  readonly voice: boolean;
  /** Reads from the first byte; errors are the stream's. */
  open(): Readable;
  /**
   * A temporary address at which a carrier can fetch it without credentials; null if this installation has no public
   * address.
   */
  readonly publicUrl: string | null;
}

/** One message by kind; `File` is the form in which its attachment is available. */
export type SendContent<File = OutboundFile> =
  | { readonly kind: 'text'; readonly text: string; readonly linkPreview: boolean }
  | { readonly kind: MediaKind; readonly file: File; readonly caption: string | null }
  | { readonly kind: 'location'; readonly location: SentLocation }
  | { readonly kind: 'contacts'; readonly contacts: readonly SentCard[] }
  | {
      readonly kind: 'interactive';
      readonly interactive: Interactive;
      /** The attachment that the header names by `mediaId`. */
      readonly file: File | null;
    }
  | { readonly kind: 'poll'; readonly poll: SentPoll }
  | {
      readonly kind: 'template';
      readonly name: string;
      readonly language: string;
      readonly components: readonly TemplateComponent[];
      /** The attachment that a component names by `mediaId`. */
      readonly file: File | null;
    }
  | { readonly kind: 'reaction'; readonly targetId: string; readonly targetFromMe: boolean; readonly emoji: string };

/** What to send; addresses and ids are the provider's. */
export interface SendRequest {
  /** Our message id: travels as client reference where the provider has one. */
  readonly messageId: string;
  readonly to: Address;
  readonly content: SendContent;
  /** Provider id of the quoted message. */
  readonly quoteId: string | null;
  /** The provider's id of the content's file, where it has been uploaded. */
  readonly uploadedId: string | null;
}

/** Address and credentials for calls to a provider. `accessToken` is a credential: never log it. */
export interface Credentials {
  readonly baseUrl: string;
  readonly externalId: string;
  readonly accessToken: string;
  /** Twilio's id of the account that the token belongs to. */
  readonly accountSid?: string | null;
  /** Meta's WhatsApp Business Account. */
  readonly businessId?: string | null;
  /** Our webhook address for this provider, if known: Twilio gets it with each message. */
  readonly webhookUrl?: string | null;
}

/** Why a send failed, and what the machine does about it. */
export interface SendFailure {
  readonly code: string;
  /** For the agent. */
  readonly title: string;
  /** What an administrator has to do, if the carrier's code says more than the title. */
  readonly operator?: string;
  /**
   * retry: same message again after back-off; slow: like retry, and the number sends at half its pace for a while;
   * pair: this recipient only, 4^n s; pause: the number pauses; account: stop the account, a person must act; window: a
   * template is needed; final: give this message up.
   */
  readonly action: 'retry' | 'slow' | 'pair' | 'pause' | 'account' | 'window' | 'final';
  readonly retryAfterMs: number | null;
}

const REPEATABLE: ReadonlySet<SendFailure['action']> = new Set(['retry', 'slow', 'pair', 'pause']);

/** Whether the same message may succeed later without anybody changing anything. */
export function isRepeatable({ action }: Pick<SendFailure, 'action'>): boolean {
  return REPEATABLE.has(action);
}

/**
 * accepted: the provider has it, under this id. refused: it certainly does not have it.
 * unknown: the request was written and no certain answer came; never repeated blindly.
 */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly providerMessageId: string; readonly addresses: readonly Address[] }
  | { readonly kind: 'refused'; readonly failure: SendFailure }
  | { readonly kind: 'unknown'; readonly reason: string };

/** How an upload to the provider ended. Nothing of it reaches the customer, so it can be repeated. */
export type UploadOutcome =
  | { readonly kind: 'uploaded'; readonly uploadedId: string }
  | { readonly kind: 'refused'; readonly failure: SendFailure };

/** One HTTP exchange with a provider. `sent` false means: certainly not written to the network. */
export type HttpResult =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: unknown;
    }
  | { readonly ok: false; readonly sent: boolean; readonly reason: string };

/**
 * POSTs JSON, a form, or a body that is read while it is written, with a deadline and a size cap; never throws.
 * Implemented by platform/http-client.ts.
 */
export type HttpPost = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly streamed?: { readonly type: string; readonly sizeBytes: number; open(): Readable };
  readonly deadlineMs?: number;
}) => Promise<HttpResult>;

/** GETs with a deadline and a size cap; never throws. Implemented by platform/http-client.ts. */
export type HttpGet = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}) => Promise<HttpResult>;
