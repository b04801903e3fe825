/** Whether somebody means the customer whom they are about to erase. Pure. */
import type { Contact } from '../../../../src/contract/entities.ts';

const MIN_DIGITS = 5;
const NUMBER = /^\+?[\d\s().-]+$/;

const digitsOf = (text: string): string => text.replace(/\D/g, '');
/** As it looks on screen: however many blanks there are, and of whichever kind. */
const asShown = (text: string): string => text.normalize('NFC').replace(/\s+/g, ' ').trim();

function isNumberOf({ phone, addresses }: Contact, typed: string): boolean {
  const digits = digitsOf(typed);
  if (digits.length < MIN_DIGITS || !NUMBER.test(typed)) return false;
  const known = addresses.map(({ value }) => value.split('@')[0] ?? '');
  return [phone ?? '', ...known].some((text) => NUMBER.test(text) && digitsOf(text) === digits);
}

/**
 * What the server is to be told, null where somebody else is named. Of a name it hears the one that was on screen here, so
 * that it refuses where the customer has another one by then.
 */
export function confirmationOf(typed: string, contact: Contact): string | null {
  const text = asShown(typed);
  if (text !== '' && text === asShown(contact.displayName)) return contact.displayName;
  return isNumberOf(contact, text) ? contact.id : null;
}
