/** What a Twilio webhook says about itself: which sender of ours, which account, and who the other end is. */
import { asName, instantFromMs, type Loose } from '../../lib/loose.ts';
import { bsuidAddress, partyOf, phoneAddress, phoneDigits } from '../identity.ts';
import type { IgnoredEvent, ParkedEvent, Party } from '../inbound.ts';
import { first, type Params } from './form.ts';

/** One webhook while it is read. */
export interface Scope {
  readonly params: Params;
  /** `whatsapp:+digits` of our sender; null where it is none. */
  readonly channel: string | null;
  /** AccountSid. */
  readonly account: string | null;
  /** `+digits`. */
  readonly own: string | null;
  /** MessageSid under any of its names. */
  readonly id: string | null;
  readonly isStatus: boolean;
}

/** A parameter as storable text of at most `maxLength` units; empty reads as absent. */
export function field({ params }: Pick<Scope, 'params'>, name: string, maxLength = 1024): string | null {
  return asName(first(params, name), maxLength);
}

/** The state in a webhook, in lower case. Which of its names are there varies by event; null where none is. */
export function stateSaid(scope: Pick<Scope, 'params'>): string | null {
  const said = ['MessageStatus', 'SmsStatus', 'EventType'].map((name) => field(scope, name, 32));
  return said.find((state) => state !== null)?.toLowerCase() ?? null;
}

/** Callbacks about messages of ours name a state; the only one of inbound messages is that they were received. */
function isStatusCallback(params: Params): boolean {
  const said = stateSaid({ params });
  return said !== null && said !== 'received' && said !== 'receiving';
}

/** What follows `whatsapp:`; null for SMS and everything else. A `+` that nobody escaped has become a blank. */
function afterPrefix(value: string | undefined): string | null {
  return /^whatsapp:\s*(\S{1,160})$/.exec(value ?? '')?.[1] ?? null;
}

/** Our sender as accounts are registered, `whatsapp:+digits`: To of a message, From of a status. */
export function ownAddress(params: Params): string | null {
  const digits = phoneDigits(afterPrefix(first(params, isStatusCallback(params) ? 'From' : 'To')));
  return digits === null ? null : `whatsapp:+${digits}`;
}

/** Reads what every kind of webhook has. */
export function scopeOf(params: Params): Scope {
  const channel = ownAddress(params);
  const ids = ['MessageSid', 'SmsMessageSid', 'SmsSid'].map((name) => sid(first(params, name)));
  return {
    params,
    channel,
    account: sid(first(params, 'AccountSid')),
    own: channel === null ? null : channel.slice('whatsapp:'.length),
    id: ids.find((id) => id !== null) ?? null,
    isStatus: isStatusCallback(params),
  };
}

/** Id of the message that stands for a further file of a message. */
export function fileMessageId(sid: string, index: number): string {
  return `${sid}-${String(index)}`;
}

/** The carrier's own id of a message, whichever of its files is meant. */
export function sidOf(providerMessageId: string): string {
  return providerMessageId.replace(/-\d$/, '');
}

function sid(value: string | undefined): string | null {
  return /^[A-Za-z0-9]{2,64}$/.test(value ?? '') ? (value ?? null) : null;
}

/**
 * The other end: its number, or its business-scoped id where it has hidden the number, and whatever else identifies it.
 * Null when none is usable.
 */
export function partyFrom(scope: Scope, name: 'From' | 'To'): Party | null {
  const said = afterPrefix(first(scope.params, name));
  const more = name === 'From' ? customerIds(scope) : [];
  const party = partyOf([phoneAddress(said), bsuidAddress(said), ...more], field(scope, 'ProfileName', 512));
  const username = name === 'From' ? field(scope, 'ProfileUsername', 256) : null;
  return party === null || username === null ? party : { ...party, username };
}

function customerIds({ params }: Scope): readonly ReturnType<typeof phoneAddress>[] {
  const external = first(params, 'ExternalUserId')?.replace(/^whatsapp:/, '');
  return [phoneAddress(first(params, 'WaId')), bsuidAddress(external)];
}

/** True where either end is on WhatsApp: the same URL may serve SMS as well. */
export function isWhatsApp({ params }: Scope): boolean {
  return ['From', 'To'].some((name) => (first(params, name) ?? '').startsWith('whatsapp:'));
}

/** Name under which a message that was asked for later has the time that Twilio's list gave, ms since 1970. */
export const SENT_AT = 'HunflySentAt';

/** Twilio gives no time with a webhook, so the time of receipt counts. */
export function base({ channel, account, params }: Scope): {
  readonly channel: string | null;
  readonly account?: string;
  readonly atMs: number | null;
} {
  return { channel, ...(account === null ? {} : { account }), atMs: instantFromMs(first(params, SENT_AT)) };
}

/** Something that is acknowledged and changes nothing. */
export function ignored(scope: Scope, reason: string, fields: Loose = {}): IgnoredEvent {
  return { kind: 'ignored', ...base(scope), reason, fields: { provider_message_id: scope.id, ...fields } };
}

/** An item that was authentic but cannot be used. */
export function parked(scope: Scope, reason: string): ParkedEvent {
  return { kind: 'parked', ...base(scope), reason };
}
