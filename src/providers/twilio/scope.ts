/** What a Twilio webhook says about itself: our sender, the account, and the other party. */
import { asName, instantFromMs, type Loose } from '../../lib/loose.ts';
import { bsuidAddress, partyOf, phoneAddress, phoneDigits } from '../identity.ts';
import type { IgnoredEvent, ParkedEvent, Party } from '../inbound.ts';
import { first, type Params } from './form.ts';

/** What every Twilio webhook states, read once for its parsing. */
export interface Scope {
  readonly params: Params;
  /** `whatsapp:+digits` of our sender; null when the webhook names no WhatsApp number of ours. */
  readonly channel: string | null;
  /** AccountSid. */
  readonly account: string | null;
  /** `+digits`. */
  readonly own: string | null;
  /** MessageSid under any of its names. */
  readonly id: string | null;
  readonly isStatus: boolean;
}

/** A parameter as storable text, cut at `maxLength` units. Null when it is missing or empty. */
export function field({ params }: Pick<Scope, 'params'>, name: string, maxLength = 1024): string | null {
  return asName(first(params, name), maxLength);
}

/**
 * The state in a webhook, in lower case; null if there is none. Its parameter has different names, depending on the
 * event.
 */
export function stateSaid(scope: Pick<Scope, 'params'>): string | null {
  const said = ['MessageStatus', 'SmsStatus', 'EventType'].map((name) => field(scope, name, 32));
  return said.find((state) => state !== null)?.toLowerCase() ?? null;
}

/** Only callbacks about messages we sent carry other states than "received" or "receiving". */
function isStatusCallback(params: Params): boolean {
  const said = stateSaid({ params });
  return said !== null && said !== 'received' && said !== 'receiving';
}

/** The part after `whatsapp:`; null for SMS and everything else. A `+` that was not escaped arrives as a space. */
function afterPrefix(value: string | undefined): string | null {
  return /^whatsapp:\s*(\S{1,160})$/.exec(value ?? '')?.[1] ?? null;
}

/**
 * Our sender in the form in which accounts are registered, `whatsapp:+digits`: `To` of a message, `From` of a status.
 */
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

/** The id of the extra message that we make for a further file of a message. */
export function fileMessageId(sid: string, index: number): string {
  return `${sid}-${String(index)}`;
}

/** Twilio's own id of a message, also for the ids of its further files. */
export function sidOf(providerMessageId: string): string {
  return providerMessageId.replace(/-\d$/, '');
}

function sid(value: string | undefined): string | null {
  return /^[A-Za-z0-9]{2,64}$/.test(value ?? '') ? (value ?? null) : null;
}

/**
 * The other party: its number, or its business-scoped id if it has hidden the number, and any other ids given. Null
 * when none is usable.
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

/** True if either end is on WhatsApp: the same URL may serve SMS as well. */
export function isWhatsApp({ params }: Scope): boolean {
  return ['From', 'To'].some((name) => (first(params, name) ?? '').startsWith('whatsapp:'));
}

/** Parameter that we add to a message recovered from Twilio's list: its time from that list, in ms since 1970. */
export const SENT_AT = 'HunflySentAt';

/**
 * The fields that all events share. Twilio's webhooks carry no time, so `atMs` is null and the time of receipt counts,
 * except where `SENT_AT` was added.
 */
export function base({ channel, account, params }: Scope): {
  readonly channel: string | null;
  readonly account?: string;
  readonly atMs: number | null;
} {
  return { channel, ...(account === null ? {} : { account }), atMs: instantFromMs(first(params, SENT_AT)) };
}

/** An item that is acknowledged and changes nothing. */
export function ignored(scope: Scope, reason: string, fields: Loose = {}): IgnoredEvent {
  return { kind: 'ignored', ...base(scope), reason, fields: { provider_message_id: scope.id, ...fields } };
}

/** An authentic item that cannot be used. */
export function parked(scope: Scope, reason: string): ParkedEvent {
  return { kind: 'parked', ...base(scope), reason };
}
