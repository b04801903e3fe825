/** Checks that somebody really means the customer whom they are about to erase. Pure. */
import type { Contact } from '../../../../src/contract/entities.ts';

const MIN_DIGITS = 5;
const NUMBER = /^\+?[\d\s().-]+$/;

const digitsOf = (text: string): string => text.replace(/\D/g, '');
/** The text as it looks on screen: any run of whitespace counts as one space. */
const asShown = (text: string): string => text.normalize('NFC').replace(/\s+/g, ' ').trim();

function isNumberOf({ phone, addresses }: Contact, typed: string): boolean {
  const digits = digitsOf(typed);
  if (digits.length < MIN_DIGITS || !NUMBER.test(typed)) return false;
  const known = addresses.map(({ value }) => value.split('@')[0] ?? '');
  return [phone ?? '', ...known].some((text) => NUMBER.test(text) && digitsOf(text) === digits);
}

/**
 * The confirmation to send to the server; null if somebody else is named. For a name, this is the name shown here, so
 * that the server refuses if the customer has been renamed since.
 */
export function confirmationOf(typed: string, contact: Contact): string | null {
  const text = asShown(typed);
  if (text !== '' && text === asShown(contact.displayName)) return contact.displayName;
  return isNumberOf(contact, text) ? contact.id : null;
}
