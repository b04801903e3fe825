/** Webhooks as the Cloud API sends them, with Meta's bodies, escapes and signatures. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Loose } from '../../lib/loose.ts';
import type { Carrier, Hook } from './carrier.ts';
import { customerFile, FILE_KINDS } from './customer-files.ts';
import type { SimulatedAccount } from './options.ts';
import type { Chat, SimMessage } from './world.ts';

const PATH = '/api/webhooks/whatsapp/cloud-api';
/** Meta retries for seven days. Half an hour is enough to see a product recover. */
const MAX_ATTEMPTS = 40;

/**
 * Writes non-ASCII as lower-case `\uXXXX` and `/` as `\/`, as Meta does. A product that checks the signature over
 * re-serialised JSON fails.
 */
function metaJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A webhook about one number. `field` names what the value is about. */
export function cloudHook(account: SimulatedAccount, value: Loose, field = 'messages'): Hook {
  const metadata = { display_phone_number: account.phone, phone_number_id: account.channel };
  const change = { value: { messaging_product: 'whatsapp', metadata, ...value }, field };
  const body = metaJson({
    object: 'whatsapp_business_account',
    entry: [{ id: `2${account.channel.slice(1)}`, changes: [change] }],
  });
  const digest = createHmac('sha256', account.secret).update(body).digest('hex');
  return {
    path: PATH,
    body,
    headers: { 'x-hub-signature-256': `sha256=${digest}`, 'user-agent': 'facebookexternalua' },
  };
}

/** A time as Meta writes it: Unix seconds, as text. */
export const seconds = (ms: number): string => String(Math.floor(ms / 1000));

/** A person with a username may be known only by their business-scoped id. */
function author(chat: Chat): Loose {
  return chat.customer.includes('.') ? { from_user_id: chat.customer } : { from: chat.customer };
}

function people(chat: Chat): readonly Loose[] {
  const id = chat.customer.includes('.') ? { user_id: chat.customer } : { wa_id: chat.customer };
  return [{ profile: { name: chat.name }, ...id }];
}

/** The id of a message's file. It is opaque to the product, but the simulator can read the message id from it. */
export function mediaIdOf(messageId: string): string {
  return `5${Buffer.from(messageId).toString('hex')}`;
}

/** The inverse of `mediaIdOf`. */
export function messageIdOf(mediaId: string): string {
  return Buffer.from(mediaId.slice(1), 'hex').toString();
}

function content({ id, kind, text }: SimMessage): Loose {
  const sent = FILE_KINDS.find((one) => one === kind);
  if (sent === undefined) return { type: 'text', text: { body: text } };
  const { mime, filename, sha256 } = customerFile(sent, id);
  const file = { id: mediaIdOf(id), mime_type: mime, sha256: Buffer.from(sha256, 'hex').toString('base64') };
  const caption = text === '' || sent === 'audio' ? {} : { caption: text };
  const more = sent === 'audio' ? { voice: true } : filename === null ? {} : { filename };
  return { type: sent, [sent]: { ...file, ...more, ...caption } };
}

function customerMessage(chat: Chat, message: SimMessage): Hook {
  const context = message.quoteId === null ? {} : { context: { from: chat.account.phone, id: message.quoteId } };
  const item = { ...author(chat), id: message.id, timestamp: seconds(message.atMs), ...context, ...content(message) };
  return cloudHook(chat.account, { contacts: people(chat), messages: [item] });
}

/** The Cloud API as a `Carrier`. */
export const cloudCarrier: Carrier = {
  newId: () => `wamid.${randomBytes(36).toString('base64')}`,
  message: customerMessage,
  reaction: (chat, { id, target, emoji, atMs }) => {
    const reaction = { message_id: target.id, ...(emoji === '' ? {} : { emoji }) };
    const item = { ...author(chat), id, timestamp: seconds(atMs), type: 'reaction', reaction };
    return cloudHook(chat.account, { contacts: people(chat), messages: [item] });
  },
  status: (chat, { message, status, errorCode }, nowMs) => {
    const code = errorCode ?? 131026;
    const errors = [{ code, title: 'Message undeliverable', message: 'Message undeliverable' }];
    const reference = message.clientRef === null ? {} : { biz_opaque_callback_data: message.clientRef };
    const recipient = chat.customer.includes('.')
      ? { recipient_user_id: chat.customer }
      : { recipient_id: chat.customer };
    const item = { id: message.id, status, timestamp: seconds(nowMs), ...recipient, ...reference };
    return cloudHook(chat.account, { statuses: [status === 'failed' ? { ...item, errors } : item] });
  },
  typing: () => null,
  echo: () => null,
  repeats: (status, attempt) => status !== 200 && attempt < MAX_ATTEMPTS,
};
