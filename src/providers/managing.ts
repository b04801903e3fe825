/** Requests to a carrier about a number, besides sending: whether it works, its pairing, templates, missed messages. */
import type { AccountHealth, PairingCode } from '../contract/accounts.ts';
import type { AccountState } from '../contract/entities.ts';
import type { Template, TemplateStatus } from '../contract/templates.ts';
import type { HttpGet, HttpPost } from './sending.ts';

/** Calls to a carrier; neither ever throws. */
export interface CarrierHttp {
  readonly get: HttpGet;
  readonly post: HttpPost;
}

/** No usable answer. `title` is for an administrator; `retryAfterMs` is set if the carrier says when to retry. */
export interface CarrierSilence {
  readonly kind: 'silent';
  readonly title: string;
  readonly retryAfterMs: number | null;
}

/**
 * What a carrier says about a number. `connecting`: it is trying; whether that is bad depends on how long. `health`
 * null: nothing new.
 */
export interface AccountCheck {
  readonly kind: 'checked';
  readonly state: AccountState | 'connecting';
  /** What is wrong and what to do; null when nothing is. */
  readonly reason: string | null;
  readonly health: AccountHealth | null;
}

/**
 * `refused`: the carrier refused the request, for this reason. `stops`: the credentials were refused, so nothing can be
 * sent until a person acts. False if the carrier may just not allow this request, which is no reason to hold back
 * messages.
 */
export interface CarrierRefusal {
  readonly kind: 'refused';
  readonly title: string;
  readonly stops: boolean;
}

/** The state of a number whose carrier refuses to answer about it. */
export function refusedState({ title, stops }: CarrierRefusal): AccountCheck {
  return { kind: 'checked', state: stops ? 'reauth' : 'degraded', reason: title, health: null };
}

/** `connected`: there is nothing to pair. */
export type PairingAnswer =
  | { readonly kind: 'code'; readonly qr: PairingCode }
  | { readonly kind: 'connected' }
  | CarrierRefusal
  | CarrierSilence;

/** A template as the carrier has it, with the carrier's own id. */
export interface CarrierTemplate extends Template {
  readonly providerId: string | null;
}

/** One page; `next` null: it was the last. */
export type TemplatePage =
  | { readonly kind: 'page'; readonly items: readonly CarrierTemplate[]; readonly next: string | null }
  | CarrierRefusal
  | CarrierSilence;

/**
 * A message or state that the carrier still knows, as a webhook body of our own making that the carrier's parser can
 * read.
 */
export interface Missed {
  readonly body: Buffer;
  readonly direction: 'inbound' | 'outbound';
  readonly providerMessageId: string;
  /** The state of an outbound message; null if only the message itself is reported. */
  readonly status: 'sent' | 'delivered' | 'read' | 'played' | 'failed' | null;
}

/** One page, newest first; `next` null: nothing older within the requested time. */
export type MissedPage =
  | { readonly kind: 'page'; readonly items: readonly Missed[]; readonly next: string | null }
  | CarrierRefusal
  | CarrierSilence;

const STATUSES = new Map<string, TemplateStatus>([
  ['APPROVED', 'approved'],
  ['PENDING', 'pending'],
  ['IN_APPEAL', 'pending'],
  ['PENDING_DELETION', 'disabled'],
  ['REJECTED', 'rejected'],
  ['PAUSED', 'paused'],
  ['LIMIT_EXCEEDED', 'paused'],
  ['LOCKED', 'disabled'],
  ['DISABLED', 'disabled'],
  ['ARCHIVED', 'disabled'],
  ['DELETED', 'disabled'],
  // Under warning, but can still be sent.
  ['FLAGGED', 'approved'],
  ['REINSTATED', 'approved'],
  ['UNARCHIVED', 'approved'],
]);

/** Our status for Meta's word, from a list or from a webhook. */
export function templateStatus(said: string | null): TemplateStatus {
  return STATUSES.get(said ?? '') ?? 'unknown';
}
