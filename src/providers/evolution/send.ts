/**
 * Sending through an Evolution API server. From 2.4 on, it uses our id as the message's own, which makes a repeat
 * harmless.
 */
import type { Address } from '../../contract/entities.ts';
import { asId, orEmpty, type Loose } from '../../lib/loose.ts';
import { fileDeadlineMs, jsonWithFile } from '../file-body.ts';
import { refused, refusedLocally, retryAfterMs, withoutAnswer, type Answered } from '../outcome.ts';
import type { Provider } from '../provider.ts';
import type { Credentials, HttpPost, SendContent, SendOutcome, SendRequest } from '../sending.ts';
import { failureOf } from './failures.ts';
import { addressOf, jidOf } from './jid.ts';
import { wireId } from './scope.ts';
import { callOf, type EvolutionCall } from './send-content.ts';

/** `sendPresence` keeps the call open for its whole delay. This is just long enough for WhatsApp to show typing. */
const TYPING_MS = 500;

type Request = Parameters<HttpPost>[0];

function addressed({ baseUrl, externalId, accessToken }: Credentials, path: string): Pick<Request, 'url' | 'headers'> {
  const url = `${baseUrl.replace(/\/+$/, '')}/${path}/${encodeURIComponent(externalId)}`;
  return { url, headers: { apikey: accessToken } };
}

async function call(post: HttpPost, credentials: Credentials, path: string, json: Loose): ReturnType<HttpPost> {
  return post({ ...addressed(credentials, path), json });
}

const BAD_ADDRESS = refusedLocally('address', 'WhatsApp Web cannot write to this kind of address');

/**
 * Numbers go as plain digits, because the server resolves them itself (Brazil, Mexico, Argentina). LIDs and groups go
 * as JIDs.
 */
function numberOf(to: Address): string | null {
  return to.type === 'wa_id' ? to.value : jidOf(to);
}

/** Sends one message. Never throws. */
export const sendEvolution: Provider['send'] = async (post, credentials, request) => {
  const { content } = request;
  if (content.kind === 'reaction') return sendReaction(post, credentials, request, content);
  const wanted = callOf(content);
  if (wanted === null) return refusedLocally('unsupported', `WhatsApp Web cannot send this kind (${content.kind})`);
  const number = numberOf(request.to);
  if (number === null) return BAD_ADDRESS;
  const quote = request.quoteId === null ? {} : { quoted: { key: { id: request.quoteId } } };
  const json = { number, ...wanted.json, messageId: wireId(request.messageId), ...quote };
  const result = await post({ ...addressed(credentials, wanted.path), ...bodyOf(json, wanted.attached) });
  return withoutAnswer(result) ?? outcomeOf(result as Answered, null);
};

function bodyOf(json: Loose, attached: EvolutionCall['attached']): Omit<Request, 'url' | 'headers'> {
  if (attached === undefined) return { json };
  const { field, file } = attached;
  return { streamed: jsonWithFile(json, field, file), deadlineMs: fileDeadlineMs(file.sizeBytes) };
}

async function sendReaction(
  post: HttpPost,
  credentials: Credentials,
  { to }: SendRequest,
  content: Extract<SendContent, { readonly kind: 'reaction' }>,
): Promise<SendOutcome> {
  const remoteJid = jidOf(to);
  if (remoteJid === null) return BAD_ADDRESS;
  const key = { remoteJid, fromMe: content.targetFromMe, id: content.targetId };
  const result = await call(post, credentials, 'message/sendReaction', { key, reaction: content.emoji });
  return withoutAnswer(result) ?? outcomeOf(result as Answered, null);
}

/**
 * A 2xx response with an id means accepted. The key's JID is where the message really went: the server rewrites some
 * numbers.
 */
function outcomeOf({ status, headers, body }: Answered, knownId: string | null): SendOutcome {
  if (status < 200 || status >= 300) {
    const failure = failureOf(status, body, retryAfterMs(headers));
    return failure === 'unknown' ? { kind: 'unknown', reason: `HTTP ${String(status)}` } : refused(failure);
  }
  const key = orEmpty(orEmpty(body)['key']);
  const providerMessageId = asId(key['id']) ?? knownId;
  if (providerMessageId === null) return { kind: 'unknown', reason: 'accepted without an id' };
  const address = addressOf(key['remoteJid']);
  return { kind: 'accepted', providerMessageId, addresses: address === null ? [] : [address] };
}

/** Marks one message of the customer read. Servers up to 2.3.7 silently ignore LIDs here. */
export const markReadEvolution: Provider['markRead'] = async (post, credentials, { to, providerMessageId }) => {
  const remoteJid = jidOf(to);
  if (remoteJid === null) return BAD_ADDRESS;
  const json = { readMessages: [{ remoteJid, fromMe: false, id: providerMessageId }] };
  const result = await call(post, credentials, 'chat/markMessageAsRead', json);
  return withoutAnswer(result) ?? outcomeOf(result as Answered, providerMessageId);
};

/** Shows typing to the customer, and subscribes us to the customer's typing. */
export const typingEvolution: Provider['typing'] = async (post, credentials, { to, providerMessageId }) => {
  const number = numberOf(to);
  if (number === null) return BAD_ADDRESS;
  const json = { number, presence: 'composing', delay: TYPING_MS };
  const result = await call(post, credentials, 'chat/sendPresence', json);
  return withoutAnswer(result) ?? outcomeOf(result as Answered, providerMessageId ?? '');
};
