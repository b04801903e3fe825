/** Addresses of people and groups, and the one text form (`+digits`, `lid:…`, `bsuid:…`, `group:…`) that explains them. */
import type { Address } from '../contract/entities.ts';
import { asId } from '../lib/loose.ts';
import { matchKey } from '../lib/phone-match.ts';
import type { Party } from './inbound.ts';

/** A phone number in any notation as a `wa_id` address (digits only); null when it cannot be one. */
export function phoneAddress(value: unknown): Address | null {
  const digits = phoneDigits(value);
  return digits === null ? null : { type: 'wa_id', value: digits };
}

/** The digits of a phone number written with or without `+`, blanks, dashes and brackets; null if it is none. */
export function phoneDigits(value: unknown): string | null {
  const text = asId(value, 64);
  if (text === null || !/^\+?[\d\s().-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  return digits.length >= 5 && digits.length <= 20 ? digits : null;
}

/** True for one number in two notations or national spellings. */
export function samePhone(one: unknown, other: unknown): boolean {
  const [first, second] = [phoneAddress(one), phoneAddress(other)];
  return first !== null && second !== null && matchKey(first) === matchKey(second);
}

const BSUID = /^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$/;

/** A business-scoped user id such as `US.1000…`; null when the value does not look like one. */
export function bsuidAddress(value: unknown): Address | null {
  return typeof value === 'string' && BSUID.test(value) ? { type: 'bsuid', value } : null;
}

/** A group by the provider's id. */
export function groupAddress(value: unknown): Address | null {
  const id = asId(value, 256);
  return id === null ? null : { type: 'group', value: id };
}

/** A person or group from what was found, in order, without repeats; null when nothing was. */
export function partyOf(addresses: readonly (Address | null)[], name: string | null): Party | null {
  const seen = new Set<string>();
  const kept = addresses.filter((address): address is Address => {
    if (address === null) return false;
    const key = canonical(address);
    return seen.has(key) ? false : (seen.add(key), true);
  });
  return kept.length === 0 ? null : { addresses: kept, name };
}

/** The text form of an address that logs, the CLI and statuses use. */
export function canonical(address: Address): string {
  return address.type === 'wa_id' ? `+${address.value}` : `${address.type}:${address.value}`;
}

/** The text form of the address to answer to; null for nobody. */
export function primary(party: Party | null): string | null {
  const first = party?.addresses[0];
  return first === undefined ? null : canonical(first);
}
