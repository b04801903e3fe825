/** Parses what an agent typed as the recipient of a first message. */
import type { Address } from '../../contract/entities.ts';
import { invalidField } from '../input.ts';

/** A person to write to, who may have no thread yet. `phone` is E.164. */
export interface Recipient {
  readonly address: Address;
  readonly phone: string | null;
}

const PHONE_SERVERS = new Set(['s.whatsapp.net', 'c.us']);

/**
 * Accepts E.164 (`+1 555 010 0101`, with or without the plus), `whatsapp:+…`, and JIDs (`…@s.whatsapp.net`, `…@lid`,
 * `…@g.us`). Throws invalid_input for the field `to` otherwise.
 */
export function parseRecipient(to: string): Recipient {
  const text = to.replace(/^whatsapp:/i, '').trim();
  const found = text.includes('@') ? fromJid(text) : fromPhone(text);
  if (found === null) throw invalidField('to', 'must be a phone number such as +15550100101, or a WhatsApp JID');
  return found;
}

function fromPhone(text: string): Recipient | null {
  if (!/^\+?[\d\s().-]+$/.test(text)) return null;
  const digits = text.replace(/\D/g, '');
  if (!/^[1-9]\d{6,14}$/.test(digits)) return null;
  return { address: { type: 'wa_id', value: digits }, phone: `+${digits}` };
}

function fromJid(text: string): Recipient | null {
  const [user = '', server = '', ...rest] = text.toLowerCase().split('@');
  if (rest.length > 0) return null;
  if (server === 'g.us')
    return /^[\d-]{5,64}$/.test(user) ? { address: { type: 'group', value: user }, phone: null } : null;
  const digits = user.replace(/:.*$/, '');
  if (!/^\d{5,20}$/.test(digits)) return null;
  if (PHONE_SERVERS.has(server)) return fromPhone(digits);
  return server === 'lid' ? { address: { type: 'lid', value: digits }, phone: null } : null;
}
