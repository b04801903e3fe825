/** What a carrier is asked about a number besides sending: whether it works, its pairing, templates, missed messages. */
import type { AccountHealth, PairingCode } from '../contract/accounts.ts';
import type { AccountState } from '../contract/entities.ts';
import type { Template, TemplateStatus } from '../contract/templates.ts';
import type { HttpGet, HttpPost } from './sending.ts';

/** Calls to a carrier; neither ever throws. */
export interface CarrierHttp {
  readonly get: HttpGet;
  readonly post: HttpPost;
}

/** No usable answer: `title` for an administrator, `retryAfterMs` where the carrier says when to come again. */
export interface CarrierSilence {
  readonly kind: 'silent';
  readonly title: string;
  readonly retryAfterMs: number | null;
}

/**
 * What a carrier says of a number. `connecting`: it is trying, and whether that is bad depends on how long. `health`
 * null: nothing new about it.
 */
export interface AccountCheck {
  readonly kind: 'checked';
  readonly state: AccountState | 'connecting';
  /** What is wrong and what to do; null when nothing is. */
  readonly reason: string | null;
  readonly health: AccountHealth | null;
}

/**
 * `refused`: it said no, for this reason. `stops`: nothing can be sent either until a person acts (the credentials are
 * refused). False for what it may just not show us: a question that fails is no reason to hold back messages.
 */
export interface CarrierRefusal {
  readonly kind: 'refused';
  readonly title: string;
  readonly stops: boolean;
}

/** The state of a number whose carrier refuses to speak of it. */
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

/** A message or state that the carrier still knows, as a webhook body of our own making that its parser reads. */
export interface Missed {
  readonly body: Buffer;
  readonly direction: 'inbound' | 'outbound';
  readonly providerMessageId: string;
  /** How far an outbound message is; null where only the message itself is told. */
  readonly status: 'sent' | 'delivered' | 'read' | 'played' | 'failed' | null;
}

/** One page, newest first; `next` null: nothing older within the time asked for. */
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
  // Warned of, still sendable.
  ['FLAGGED', 'approved'],
  ['REINSTATED', 'approved'],
  ['UNARCHIVED', 'approved'],
]);

/** Our state for Meta's word, from a list or from a webhook. */
export function templateStatus(said: string | null): TemplateStatus {
  return STATUSES.get(said ?? '') ?? 'unknown';
}
