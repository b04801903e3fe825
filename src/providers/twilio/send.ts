/**
 * Sending through Twilio. It has no idempotency key, so a message that may have arrived is never sent again blindly.
 * The callback URL brings our id back in every status.
 * https://www.twilio.com/docs/messaging/api/message-resource
 */
import type { Address } from '../../contract/entities.ts';
import { asId, asName, asNumber, orEmpty, type Loose } from '../../lib/loose.ts';
import { bsuidAddress, phoneAddress } from '../identity.ts';
import { isUncertain, refused, refusedLocally, retryAfterMs, withoutAnswer, type Answered } from '../outcome.ts';
import type { Provider } from '../provider.ts';
import type { Credentials, HttpPost, SendOutcome } from '../sending.ts';
import { failureOf } from './failures.ts';
import { sidOf } from './scope.ts';
import { contentForm } from './send-content.ts';
import { callbackUrl } from './statuses.ts';

type Form = Readonly<Record<string, string>>;

async function call(
  post: HttpPost,
  { accountSid, accessToken }: Credentials,
  url: string,
  form: Form,
): ReturnType<HttpPost> {
  const basic = Buffer.from(`${accountSid ?? ''}:${accessToken}`).toString('base64');
  return post({ url, headers: { authorization: `Basic ${basic}` }, form });
}

const baseOf = ({ baseUrl }: Credentials): string => baseUrl.replace(/\/+$/, '');

const NO_ACCOUNT_SID = refused(failureOf('no_account_sid', null));

/** Takes numbers and business-scoped ids. Null for anything else: Twilio has no groups. */
function addressee(to: Address): string | null {
  if (to.type === 'wa_id') return `whatsapp:+${to.value}`;
  return to.type === 'bsuid' ? `whatsapp:${to.value}` : null;
}

/** Sends one message. Never throws. */
export const sendTwilio: Provider['send'] = async (post, credentials, request) => {
  const { accountSid, externalId, webhookUrl } = credentials;
  const to = addressee(request.to);
  if (to === null) return refusedLocally('address', 'Twilio cannot write to this kind of address');
  if (request.quoteId !== null) return refusedLocally('unsupported', 'Twilio cannot quote a message');
  const content = contentForm(request.content);
  if ('kind' in content) return content;
  if (!accountSid) return NO_ACCOUNT_SID;
  const callback: Form = webhookUrl ? { StatusCallback: callbackUrl(webhookUrl, request.messageId) } : {};
  const url = `${baseOf(credentials)}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`;
  const result = await call(post, credentials, url, { To: to, From: externalId, ...content.form, ...callback });
  return withoutAnswer(result) ?? outcomeOf(result as Answered, sentId);
};

/** Reads the message id from a successful response. */
type IdReader = (answer: Loose) => string | null;

const sentId: IdReader = (answer) => asId(answer['sid'], 64);

/**
 * A 2xx response with an id means accepted. A server failure after which Twilio may have the message leaves the outcome
 * unknown. Otherwise the error code decides.
 */
function outcomeOf({ status, headers, body }: Answered, readId: IdReader): SendOutcome {
  const answer = orEmpty(body);
  if (status >= 200 && status < 300) return fromSuccess(answer, readId(answer));
  if (isUncertain(status))
    return { kind: 'unknown', reason: asName(answer['message'], 256) ?? `HTTP ${String(status)}` };
  const code = status === 429 ? 20429 : asNumber(answer['code']);
  return refused(failureOf(code === null ? `http_${String(status)}` : String(code), retryAfterMs(headers)));
}

/** A successful response may already report a failure, with its code. Any other with an id is on its way. */
function fromSuccess(answer: Loose, providerMessageId: string | null): SendOutcome {
  const code = asNumber(answer['error_code']);
  if (code !== null && FAILED.has(answer['status'])) return refused(failureOf(String(code), null));
  if (providerMessageId === null) return { kind: 'unknown', reason: 'accepted without an id' };
  const to = asName(answer['to'], 256)?.replace(/^whatsapp:/, '');
  const addresses = [phoneAddress(to), bsuidAddress(to)].filter((address) => address !== null);
  return { kind: 'accepted', providerMessageId, addresses };
}

const FAILED = new Set<unknown>(['failed', 'undelivered']);

/**
 * Twilio has one call for both: it marks the customer's message read and shows typing for up to 25 s.
 * https://www.twilio.com/docs/whatsapp/api/typing-indicators-resource
 */
async function indicate(post: HttpPost, credentials: Credentials, messageId: string): Promise<SendOutcome> {
  if (!credentials.accountSid) return NO_ACCOUNT_SID;
  const url = `${baseOf(credentials).replace('://api.', '://messaging.')}/v2/Indicators/Typing.json`;
  const result = await call(post, credentials, url, { messageId: sidOf(messageId), channel: 'whatsapp' });
  return withoutAnswer(result) ?? outcomeOf(result as Answered, () => messageId);
}

/**
 * Marks this message read. The customer also sees typing for a while, so this is not done when an agent merely looks.
 */
export const markReadTwilio: Provider['markRead'] = (post, credentials, { providerMessageId }) =>
  indicate(post, credentials, providerMessageId);

/** Shows typing. It needs a message of the customer to answer, and marks it read. */
export const typingTwilio: Provider['typing'] = async (post, credentials, { providerMessageId }) => {
  if (providerMessageId === null) return refusedLocally('no_message', 'There is no message to answer yet');
  return indicate(post, credentials, providerMessageId);
};
