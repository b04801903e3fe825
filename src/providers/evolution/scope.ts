/** What an Evolution webhook says about all its items, and the states it reports. */
import { asName, asText, type Loose } from '../../lib/loose.ts';
import { canonical, samePhone } from '../identity.ts';
import type { DeliveryState, IgnoredEvent, ParkedEvent } from '../inbound.ts';
import { addressOf } from './jid.ts';

/** What the items of one webhook have in common while they are parsed. */
export interface Scope {
  /** Instance name. */
  readonly channel: string | null;
  /** The connected account's own number as `+digits`; absent before the first login. */
  readonly own: string | null;
}

/** Reads the instance and our own number. `sender` is the connected account, never the author. */
export function scopeOf(root: Loose): Scope {
  const own = addressOf(root['sender']);
  return { channel: asName(root['instance'], 128), own: own === null ? null : canonical(own) };
}

/** True for our own number in any notation. */
export function isOwn(scope: Scope, jid: unknown): boolean {
  const address = addressOf(jid);
  return address?.type === 'wa_id' && samePhone(address.value, scope.own);
}

/** An item that is acknowledged and changes nothing. */
export function ignored(
  scope: Scope,
  reason: string,
  more: { readonly atMs?: number | null; readonly fields?: Loose } = {},
): IgnoredEvent {
  const { atMs = null, fields } = more;
  return { kind: 'ignored', channel: scope.channel, atMs, reason, ...(fields === undefined ? {} : { fields }) };
}

/** An authentic item that cannot be used. */
export function parked(scope: Scope, reason: string, atMs: number | null = null): ParkedEvent {
  return { kind: 'parked', channel: scope.channel, atMs, reason };
}

const STATES = new Map<string, DeliveryState>([
  ['ERROR', 'failed'],
  ['PENDING', 'pending'],
  ['SERVER_ACK', 'sent'],
  ['DELIVERY_ACK', 'delivered'],
  ['READ', 'read'],
  ['PLAYED', 'played'],
]);

/** A delivery state from its name or protobuf number; undefined for anything else. */
export function stateOf(value: unknown): DeliveryState | undefined {
  if (typeof value === 'number') return [...STATES.values()][value];
  return STATES.get(asText(value, 32)?.toUpperCase() ?? '');
}

const UUID7_HEX = /^[0-9A-F]{12}7[0-9A-F]{3}[89AB][0-9A-F]{15}$/;

/** The id that we choose for a message, on servers that let us: our UUID as 32 hex digits, like Android's own ids. */
export function wireId(messageId: string): string {
  return messageId.replaceAll('-', '').toUpperCase();
}

/**
 * Our message id, from an id that `wireId` made; null for ids of phones. One in 64 phone ids looks like ours, so
 * callers must look the result up.
 */
export function clientRefOf(id: string): string | null {
  if (!UUID7_HEX.test(id)) return null;
  const hex = id.toLowerCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
