/**
 * Webhooks as Twilio sends them: one form per message or state, signed together with the URL. Twilio does not report
 * reactions.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Carrier, Hook } from './carrier.ts';
import { customerFile, FILE_KINDS } from './customer-files.ts';
import type { SimulatedAccount } from './options.ts';
import type { Chat, SimMessage } from './world.ts';

const PATH = '/api/webhooks/whatsapp/twilio';
/** The attempts that `#rc=5&rp=all` asks for. */
const MAX_ATTEMPTS = 6;

type Fields = Readonly<Record<string, string>>;

function signature(account: SimulatedAccount, url: string, fields: Fields): string {
  const params = Object.keys(fields)
    .sort()
    .map((name) => name + (fields[name] ?? ''));
  return createHmac('sha1', account.secret)
    .update(url + params.join(''))
    .digest('base64');
}

function hook(account: SimulatedAccount, path: string, own: Fields): Hook {
  const fields = { ...own, AccountSid: account.accountSid ?? '', ApiVersion: '2010-04-01' };
  return {
    path,
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8', 'user-agent': 'TwilioProxy/1.1' },
    sign: (url) => ({ 'x-twilio-signature': signature(account, url, fields) }),
  };
}

/** A customer's address as Twilio writes it. */
export function whatsappAddress(customer: string): string {
  return `whatsapp:${/^\d/.test(customer) ? '+' : ''}${customer}`;
}

/** Twilio reports neither voice notes as such nor file names. */
function content(account: SimulatedAccount, message: SimMessage): Fields {
  const sent = FILE_KINDS.find((one) => one === message.kind);
  if (sent === undefined) return { MessageType: 'text', Body: message.text, NumMedia: '0' };
  const sid = `ME${createHash('md5').update(message.id).digest('hex')}`;
  const folder = `https://api.twilio.com/2010-04-01/Accounts/${account.accountSid ?? ''}/Messages/${message.id}`;
  const mime = customerFile(sent, message.id).mime.replace(/;.*/, '');
  const media = { MediaContentType0: mime, MediaUrl0: `${folder}/Media/${sid}` };
  return { MessageType: sent, Body: sent === 'audio' ? '' : message.text, NumMedia: '1', ...media };
}

function customerMessage({ account, customer, name }: Chat, message: SimMessage): Hook {
  const { id, quoteId } = message;
  const phone: Fields = /^\d/.test(customer) ? { WaId: customer } : {};
  const quote: Fields =
    quoteId === null ? {} : { OriginalRepliedMessageSid: quoteId, OriginalRepliedMessageSender: account.channel };
  return hook(account, PATH, {
    SmsMessageSid: id,
    SmsSid: id,
    MessageSid: id,
    SmsStatus: 'received',
    NumSegments: '1',
    From: whatsappAddress(customer),
    To: account.channel,
    ProfileName: name,
    ...phone,
    ...quote,
    ...content(account, message),
  });
}

/** Twilio as a `Carrier`. */
export const twilioCarrier: Carrier = {
  newId: () => `SM${randomBytes(16).toString('hex')}`,
  message: customerMessage,
  reaction: () => null,
  status: ({ account, customer }, { message, status, errorCode }) => {
    // Twilio has no "played": a message that was listened to stays "read".
    const said = status === 'played' ? 'read' : status;
    const failure: Fields =
      status === 'failed' ? { ErrorCode: String(errorCode ?? 63024), ErrorMessage: 'Invalid message recipient' } : {};
    const path = message.clientRef === null ? PATH : `${PATH}?ref=${encodeURIComponent(message.clientRef)}`;
    return hook(account, path, {
      SmsSid: message.id,
      MessageSid: message.id,
      SmsStatus: said,
      MessageStatus: said,
      From: account.channel,
      To: whatsappAddress(customer),
      ChannelPrefix: 'whatsapp',
      ...failure,
    });
  },
  typing: () => null,
  echo: () => null,
  repeats: (status, attempt) => (status === null || status >= 400) && attempt < MAX_ATTEMPTS,
};
