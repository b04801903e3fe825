/** What one `change` of a Cloud API webhook says about all its items: whose number, and who the people are. */
import { asId, asName, asObjects, instantFromSeconds, orEmpty, type Loose } from '../../lib/loose.ts';
import { bsuidAddress, groupAddress, partyOf, phoneAddress, phoneDigits } from '../identity.ts';
import type { IgnoredEvent, ParkedEvent, Party } from '../inbound.ts';

/** One change while its items are read. */
export interface Scope {
  readonly channel: string | null;
  /** Digits of the business's own number, if the change has it. */
  readonly ownDigits: string | null;
  /** `+digits`. */
  readonly own: string | null;
  readonly people: readonly Loose[];
  /** Errors of the change as a whole; they explain an item without content, or stand for themselves. */
  readonly errors: readonly Loose[];
}

/** Reads `metadata`, `contacts` and `errors` of a change's value. */
export function scopeOf(value: Loose): Scope {
  const metadata = orEmpty(value['metadata']);
  const ownDigits = phoneDigits(metadata['display_phone_number']);
  return {
    channel: asId(metadata['phone_number_id'], 64),
    ownDigits,
    own: ownDigits === null ? null : `+${ownDigits}`,
    people: asObjects(value['contacts']),
    errors: asObjects(value['errors']),
  };
}

/**
 * The person with these ids. Names come from the contact with the same `wa_id` or `user_id`, never from the one at the
 * same index: Meta lists contacts in an order of its own. Null when no id is usable.
 */
export function personOf(scope: Scope, waId: unknown, userId: unknown): Party | null {
  const phone = phoneAddress(waId);
  const bsuid = bsuidAddress(userId) ?? bsuidAddress(waId);
  if (phone === null && bsuid === null) return null;
  const card = scope.people.find(
    (person) =>
      (phone !== null && phoneDigits(person['wa_id']) === phone.value) ||
      (bsuid !== null && person['user_id'] === bsuid.value),
  );
  const profile = orEmpty(card?.['profile']);
  const username = asName(profile['username'], 256);
  const ids = [phone, phoneAddress(card?.['wa_id']), bsuid, bsuidAddress(card?.['user_id'])];
  const person = partyOf(ids, asName(profile['name'], 512));
  return person === null || username === null ? person : { ...person, username };
}

/** The conversation of a message: its group, or the person. */
export function chatOf(message: Loose, person: Party): { readonly chat: Party; readonly sender: Party | null } {
  const group = partyOf([groupAddress(message['group_id'])], null);
  return group === null ? { chat: person, sender: null } : { chat: group, sender: person };
}

/** An item that was authentic but cannot be used. */
export function parked(scope: Scope, item: Loose, reason: string): ParkedEvent {
  return { kind: 'parked', channel: scope.channel, atMs: instantFromSeconds(item['timestamp']), reason };
}

/** Something that is acknowledged and changes nothing. */
export function ignored(
  channel: string | null,
  reason: string,
  more: { readonly atMs?: number | null; readonly fields?: Loose } = {},
): IgnoredEvent {
  const { atMs = null, fields } = more;
  return { kind: 'ignored', channel, atMs, reason, ...(fields === undefined ? {} : { fields }) };
}
