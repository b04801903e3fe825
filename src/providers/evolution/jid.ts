/** WhatsApp Web's addresses (JIDs), in the various forms in which server versions send them. */
import type { Address } from '../../contract/entities.ts';
import { asId, asText, type Loose } from '../../lib/loose.ts';
import { partyOf } from '../identity.ts';
import type { Party } from '../inbound.ts';

const PHONE_SERVERS = new Set(['s.whatsapp.net', 'c.us', 'hosted']);
const LID_SERVERS = new Set(['lid', 'hosted.lid']);

/**
 * The address behind a JID: `15550100101:7@s.whatsapp.net` is a phone, `2200…@lid` a LID (never a phone number),
 * `…@g.us` a group. Bare digits, as 2.4.0-rc2 makes them, are a phone. Broadcasts, channels and invalid values give
 * null.
 */
export function addressOf(jid: unknown): Address | null {
  const text = asId(jid, 128);
  if (text === null) return null;
  const [full = '', server = 's.whatsapp.net'] = text.split('@', 2);
  const user = full.replace(/[:_].*$/, '');
  if (server === 'g.us') return /^[\d-]{5,64}$/.test(full) ? { type: 'group', value: full } : null;
  if (!/^\d{5,20}$/.test(user)) return null;
  if (PHONE_SERVERS.has(server)) return { type: 'wa_id', value: user };
  return LID_SERVERS.has(server) ? { type: 'lid', value: user } : null;
}

/** The JID to send to; null for an address of another type. A value that already is a JID is returned unchanged. */
export function jidOf(address: Address): string | null {
  if (address.value.includes('@')) return address.value;
  const server = SEND_SERVERS.get(address.type);
  return server === undefined ? null : `${address.value}@${server}`;
}

const SEND_SERVERS = new Map<Address['type'], string>([
  ['wa_id', 's.whatsapp.net'],
  ['lid', 'lid'],
  ['group', 'g.us'],
]);

/**
 * Makes one person of all JIDs that a payload gives for them. The phone number comes first, whichever field it was in.
 */
export function personOf(jids: readonly unknown[], name: string | null): Party | null {
  const found = jids.map(addressOf).filter((address) => address !== null && address.type !== 'group');
  const phones = found.filter((address) => address?.type === 'wa_id');
  return partyOf([...phones, ...found], name);
}

/** Chat and author of a message key. */
export interface Sides {
  readonly chat: Party;
  readonly sender: Party | null;
}

/**
 * Chat and author of a message key. Depending on the version, the phone number is in `remoteJid`, `remoteJidAlt` or
 * `senderPn`, and the LID in one of the others. Groups have the author in `participant…`. `name` is the author's. Null
 * without a usable chat.
 */
export function sidesOf(key: Loose, fromMe: boolean, name: string | null): Sides | null {
  const group = addressOf(key['remoteJid']);
  if (group?.type === 'group') {
    const author = [key['participant'], key['participantAlt'], key['participantPn'], key['senderPn'], key['senderLid']];
    return { chat: { addresses: [group], name: null }, sender: fromMe ? null : personOf(author, name) };
  }
  const others = fromMe ? [] : [key['senderPn'], key['senderLid']];
  const chat = personOf([key['remoteJid'], key['remoteJidAlt'], ...others, key['previousRemoteJid']], name);
  return chat === null ? null : { chat, sender: null };
}

/**
 * The author's own name; null for our own messages and for fillers: the JID's digits, and `Você`, which means
 * ourselves.
 */
export function pushNameOf(item: Loose, key: Loose, fromMe: boolean): string | null {
  const name = asText(item['pushName'], 512)?.trim() ?? '';
  if (fromMe || name === '' || name === 'Você') return null;
  const jids = [key['remoteJid'], key['remoteJidAlt'], key['participant'], key['participantAlt']];
  return jids.some((jid) => addressOf(jid)?.value === name) ? null : name;
}
