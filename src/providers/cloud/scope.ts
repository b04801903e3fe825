/** What one `change` of a Cloud API webhook says about all its items: whose number, and who the people are. */
import type { Address } from '../../contract/entities.ts';
import { asId, asName, asObjects, instantFromSeconds, orEmpty, type Loose } from '../../lib/loose.ts';
import { matchKey } from '../../lib/phone-match.ts';
import { bsuidAddress, groupAddress, partyOf, phoneAddress, phoneDigits } from '../identity.ts';
import type { IgnoredEvent, ParkedEvent, Party } from '../inbound.ts';

/** What the items of one change have in common while they are parsed. */
export interface Scope {
  readonly channel: string | null;
  /** Digits of the business's own number, if the change has it. */
  readonly ownDigits: string | null;
  /** `+digits`. */
  readonly own: string | null;
  readonly people: readonly Loose[];
  /** An index of `people` by phone number and by user id; the first entry per key wins. A body may list a thousand. */
  readonly cards: ReadonlyMap<string, Loose>;
  /** Errors of the whole change. They explain an item without content, or become events of their own. */
  readonly errors: readonly Loose[];
}

/** Reads `metadata`, `contacts` and `errors` of a change's value. */
export function scopeOf(value: Loose): Scope {
  const metadata = orEmpty(value['metadata']);
  const ownDigits = phoneDigits(metadata['display_phone_number']);
  const people = asObjects(value['contacts']);
  return {
    channel: asId(metadata['phone_number_id'], 64),
    ownDigits,
    own: ownDigits === null ? null : `+${ownDigits}`,
    people,
    cards: cardsOf(people),
    errors: asObjects(value['errors']),
  };
}

function cardsOf(people: readonly Loose[]): Map<string, Loose> {
  const cards = new Map<string, Loose>();
  for (const person of people) {
    const ids = [phoneAddress(person['wa_id']), bsuidAddress(person['user_id'])];
    for (const key of ids.map(keyOf)) if (key !== null && !cards.has(key)) cards.set(key, person);
  }
  return cards;
}

function keyOf(address: Address | null): string | null {
  return address === null ? null : `${address.type} ${matchKey(address)}`;
}

function cardOf({ cards }: Scope, ids: readonly (Address | null)[]): Loose {
  return orEmpty(ids.map((id) => cards.get(keyOf(id) ?? '')).find((card) => card !== undefined));
}

/**
 * The person with these ids. The name comes from the contact with the same `wa_id` or `user_id`, never from the one at
 * the same index: Meta lists contacts in its own order. Null when no id is usable.
 */
export function personOf(scope: Scope, waId: unknown, userId: unknown): Party | null {
  const phone = phoneAddress(waId);
  const bsuid = bsuidAddress(userId) ?? bsuidAddress(waId);
  if (phone === null && bsuid === null) return null;
  const card = cardOf(scope, [phone, bsuid]);
  const profile = orEmpty(card['profile']);
  const username = asName(profile['username'], 256);
  const ids = [phone ?? phoneAddress(card['wa_id']), bsuid, bsuidAddress(card['user_id'])];
  const person = partyOf(ids, asName(profile['name'], 512));
  return person === null || username === null ? person : { ...person, username };
}

/** The conversation of a message: its group, or else the person. */
export function chatOf(message: Loose, person: Party): { readonly chat: Party; readonly sender: Party | null } {
  const group = partyOf([groupAddress(message['group_id'])], null);
  return group === null ? { chat: person, sender: null } : { chat: group, sender: person };
}

/** An authentic item that cannot be used. */
export function parked(scope: Scope, item: Loose, reason: string): ParkedEvent {
  return { kind: 'parked', channel: scope.channel, atMs: instantFromSeconds(item['timestamp']), reason };
}

/** An item that is acknowledged and changes nothing. */
export function ignored(
  channel: string | null,
  reason: string,
  more: { readonly atMs?: number | null; readonly fields?: Loose } = {},
): IgnoredEvent {
  const { atMs = null, fields } = more;
  return { kind: 'ignored', channel, atMs, reason, ...(fields === undefined ? {} : { fields }) };
}
