/** One key for all spellings of an address, so that a person is recognised under each of them. */

/** Countries whose numbers are written with and without one extra digit; `short` gives the form without it. */
const SHORTENED: readonly { readonly long: RegExp; readonly short: (match: RegExpExecArray) => string }[] = [
  // Brazil: mobiles that had 8 digits (first 6 to 9) got a 9 in front. Newer ones, 9 + [1-5], never had a short form
  // and must not be mistaken for the landline with the same last 8 digits.
  { long: /^55([1-9][0-9])9([6-9][0-9]{7})$/, short: (match) => `55${match[1] ?? ''}${match[2] ?? ''}` },
  // Mexico: 1 after the country code marked mobiles until 2019.
  { long: /^521([0-9]{10})$/, short: (match) => `52${match[1] ?? ''}` },
  // Argentina: 9 after the country code marks mobiles called from abroad.
  { long: /^549([0-9]{10})$/, short: (match) => `54${match[1] ?? ''}` },
];

const CASELESS = new Set(['jid', 'lid', 'username']);

function phoneKey(value: string): string {
  const digits = value.replace(/[^0-9]/g, '').replace(/^00/, '');
  if (digits === '') return value;
  for (const { long, short } of SHORTENED) {
    const match = long.exec(digits);
    if (match !== null) return short(match);
  }
  return digits;
}

/**
 * The key under which equal addresses meet. `wa_id`: digits in the shorter national spelling. `jid`, `lid`, `username`:
 * lower case. Group ids are opaque and stay unchanged. Anything else: the value itself. Use the key to compare, never
 * to send.
 */
export function matchKey(address: { readonly type: string; readonly value: string }): string {
  if (address.type === 'wa_id') return phoneKey(address.value);
  return CASELESS.has(address.type) ? address.value.toLowerCase() : address.value;
}
