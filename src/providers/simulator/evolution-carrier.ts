/**
 * Webhooks of an Evolution API 2.3.7 server with `jwt_key` set. Unlike 2.3.7 it accepts ids chosen by the client, as
 * 2.4 does.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { Loose } from '../../lib/loose.ts';
import type { Carrier, Hook } from './carrier.ts';
import { customerFile, FILE_KINDS } from './customer-files.ts';
import type { SimulatedAccount } from './options.ts';
import type { Chat, SimMessage, Tick } from './world.ts';

const PATH = '/api/webhooks/whatsapp/evolution';
const MAX_ATTEMPTS = 10;
/** Statuses after which the server gives up the event at once. */
const GIVES_UP_ON = new Set([400, 401, 403, 404, 422]);
const TOKEN_TTL_SECONDS = 600;

/** The token is made once per event and sent with every retry, even after it has expired. */
function bearer(secret: string, nowMs: number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(nowMs / 1000);
  const claims = part({ iat, exp: iat + TOKEN_TTL_SECONDS, app: 'evolution', action: 'webhook' });
  const unsigned = `${part({ alg: 'HS256', typ: 'JWT' })}.${claims}`;
  return `Bearer ${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
}

/** Builds a webhook for an event of an instance. */
export function evolutionHook(account: SimulatedAccount, event: string, data: unknown, nowMs: number): Hook {
  const body = JSON.stringify({
    event,
    instance: account.channel,
    data,
    destination: PATH,
    date_time: new Date(nowMs).toISOString(),
    sender: `${account.phone}@s.whatsapp.net`,
    server_url: 'http://simulator',
    apikey: null,
  });
  return { path: PATH, body, headers: { authorization: bearer(account.secret, nowMs) } };
}

/** The JID of a customer. `lid:…` customers hide their number; `group:…` is a group. */
export function jidOfCustomer(customer: string): string {
  if (customer.startsWith('group:')) return `${customer.slice(6)}@g.us`;
  return customer.startsWith('lid:') ? `${customer.slice(4)}@lid` : `${customer}@s.whatsapp.net`;
}

function key(chat: Chat, id: string, fromMe: boolean): Loose {
  const remoteJid = jidOfCustomer(chat.customer);
  return { remoteJid, remoteJidAlt: remoteJid, fromMe, id, participant: '', addressingMode: 'lid' };
}

function content(message: SimMessage): Loose {
  if (message.prepared !== undefined) return message.prepared;
  const sent = FILE_KINDS.find((one) => one === message.kind);
  if (sent === undefined || message.author === 'business') return { conversation: message.text };
  const { mime, filename, bytes, sha256 } = customerFile(sent, message.id);
  const fileSha256 = Object.fromEntries([...Buffer.from(sha256, 'hex').entries()]);
  const file = { mimetype: mime, fileSha256, fileLength: { low: bytes.length, high: 0, unsigned: true } };
  const caption = message.text === '' || sent === 'audio' ? {} : { caption: message.text };
  const more = sent === 'audio' ? { ptt: true } : filename === null ? {} : { fileName: filename };
  return { [`${sent}Message`]: { ...file, ...more, ...caption } };
}

function upsert(chat: Chat, item: Loose, nowMs: number): Hook {
  const shared = { pushName: chat.name, status: 'DELIVERY_ACK', instanceId: 'simulated', source: 'android' };
  return evolutionHook(chat.account, 'messages.upsert', { ...shared, ...item }, nowMs);
}

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** The server's names of the states. */
export const WIRE_STATUS: Readonly<Record<Exclude<Tick, 'accepted'>, string>> = {
  sent: 'SERVER_ACK',
  delivered: 'DELIVERY_ACK',
  read: 'READ',
  played: 'PLAYED',
  failed: 'ERROR',
};

/** `connection.update`. */
export function connectionHook(account: SimulatedAccount, state: 'open' | 'close', nowMs: number): Hook {
  const statusReason = state === 'open' ? 200 : 401;
  const wuid = `${account.phone}@s.whatsapp.net`;
  return evolutionHook(account, 'connection.update', { instance: account.channel, state, statusReason, wuid }, nowMs);
}

/** `qrcode.updated`. */
export function qrHook(account: SimulatedAccount, qrcode: Loose, nowMs: number): Hook {
  return evolutionHook(account, 'qrcode.updated', { qrcode: { instance: account.channel, ...qrcode } }, nowMs);
}

/** Evolution API as a `Carrier`. */
export const evolutionCarrier: Carrier = {
  newId: (author) => {
    const prefix = author === 'business' ? '3EB0' : '3A';
    return prefix + randomBytes(9).toString('hex').toUpperCase();
  },
  message: (chat, message, nowMs) => {
    const contextInfo = message.quoteId === null ? null : { stanzaId: message.quoteId };
    const item = { key: key(chat, message.id, false), message: content(message), contextInfo };
    return upsert(chat, { ...item, messageTimestamp: seconds(message.atMs) }, nowMs);
  },
  reaction: (chat, { id, target, emoji, atMs }, nowMs) => {
    const aimed = key(chat, target.id, target.author === 'business');
    const message = { reactionMessage: { key: aimed, text: emoji, senderTimestampMs: String(atMs) } };
    return upsert(chat, { key: key(chat, id, false), message, messageTimestamp: seconds(atMs) }, nowMs);
  },
  status: (chat, { message, status }, nowMs) => {
    const data = {
      keyId: message.id,
      remoteJid: jidOfCustomer(chat.customer),
      fromMe: true,
      status: WIRE_STATUS[status],
      instanceId: 'simulated',
      messageId: `db${message.id.toLowerCase()}`,
    };
    return evolutionHook(chat.account, 'messages.update', data, nowMs);
  },
  typing: (chat, typing, nowMs) => {
    const id = jidOfCustomer(chat.customer);
    const presences = { [id]: { lastKnownPresence: typing ? 'composing' : 'paused' } };
    return evolutionHook(chat.account, 'presence.update', { id, presences }, nowMs);
  },
  echo: (chat, message, nowMs) => {
    const item = { key: key(chat, message.id, true), pushName: 'Você', status: 'PENDING', message: content(message) };
    const data = { ...item, messageTimestamp: seconds(message.atMs), instanceId: 'simulated', source: 'web' };
    return evolutionHook(chat.account, 'send.message', data, nowMs);
  },
  repeats: (status, attempt) => {
    const received = status !== null && status >= 200 && status < 300;
    return !received && !GIVES_UP_ON.has(status ?? 0) && attempt < MAX_ATTEMPTS;
  },
};
