/**
 * Sending through the Cloud API. It has no idempotency key, so a message that may have arrived is never sent again
 * blindly. `biz_opaque_callback_data` brings our id back in every status.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
 */
import type { Address } from '../../contract/entities.ts';
import { asId, asName, asNumber, asObject, asObjects, orEmpty, type Loose } from '../../lib/loose.ts';
import { bsuidAddress, phoneAddress } from '../identity.ts';
import { isUncertain, refused, refusedLocally, retryAfterMs, withoutAnswer, type Answered } from '../outcome.ts';
import type { Provider } from '../provider.ts';
import type { Credentials, HttpPost, SendOutcome } from '../sending.ts';
import { failureOf } from './failures.ts';
import { contentOf } from './send-content.ts';

/** Appended to a base URL that names no version. */
const GRAPH_VERSION = 'v24.0';

/** The URL of a Graph API object. */
export function graphUrl({ baseUrl }: Credentials, id: string): string {
  const base = baseUrl.replace(/\/+$/, '');
  const versioned = /\/v\d+(\.\d+)?$/.test(base) ? base : `${base}/${GRAPH_VERSION}`;
  return `${versioned}/${encodeURIComponent(id)}`;
}

function endpoint(credentials: Credentials): string {
  return `${graphUrl(credentials, credentials.externalId)}/messages`;
}

async function call(post: HttpPost, credentials: Credentials, json: Loose): ReturnType<HttpPost> {
  const headers = { authorization: `Bearer ${credentials.accessToken}` };
  return post({ url: endpoint(credentials), headers, json: { messaging_product: 'whatsapp', ...json } });
}

/** `to` for numbers and groups, `recipient` for people known only by a business-scoped id; null for anything else. */
function addressee(to: Address): Loose | null {
  if (to.type === 'wa_id') return { recipient_type: 'individual', to: to.value };
  if (to.type === 'bsuid') return { recipient_type: 'individual', recipient: to.value };
  return to.type === 'group' ? { recipient_type: 'group', to: to.value } : null;
}

/** Sends one message. Never throws. */
export const sendCloud: Provider['send'] = async (post, credentials, request) => {
  const to = addressee(request.to);
  if (to === null) return refusedLocally('address', 'The Cloud API cannot write to this kind of address');
  const content = contentOf(request);
  if (content === null)
    return refusedLocally('unsupported', `The Cloud API cannot send this kind (${request.content.kind})`);
  const quote =
    request.quoteId === null || request.content.kind === 'reaction' ? {} : { context: { message_id: request.quoteId } };
  const reference = { biz_opaque_callback_data: request.messageId };
  const result = await call(post, credentials, { ...to, ...content, ...quote, ...reference });
  return withoutAnswer(result) ?? outcomeOf(result as Answered, sentId);
};

/** Reads the message id from a successful response. */
type IdReader = (answer: Loose) => string | null;

const sentId: IdReader = (answer) => asId(asObjects(answer['messages'])[0]?.['id']);

/**
 * A 2xx response with an id means accepted. An error code decides regardless of the status. A response that proves
 * nothing leaves the outcome unknown.
 */
function outcomeOf({ status, headers, body: answered }: Answered, readId: IdReader): SendOutcome {
  const answer = orEmpty(answered);
  const error = asObject(answer['error']);
  if (error !== null) return fromError(error, status, retryAfterMs(headers));
  if (status >= 200 && status < 300) return fromSuccess(answer, readId(answer));
  if (status === 429) return refused(failureOf('130429', retryAfterMs(headers)));
  if (isUncertain(status)) return { kind: 'unknown', reason: `HTTP ${String(status)} without an error code` };
  return refused(failureOf(`http_${String(status)}`, null));
}

function fromSuccess(answer: Loose, providerMessageId: string | null): SendOutcome {
  if (providerMessageId === null) return { kind: 'unknown', reason: 'accepted without an id' };
  const contact = asObjects(answer['contacts'])[0];
  const found = [phoneAddress(contact?.['wa_id']), bsuidAddress(contact?.['user_id'])];
  return { kind: 'accepted', providerMessageId, addresses: found.filter((address) => address !== null) };
}

/** Codes after which the message may still have gone out. */
const PROVES_NOTHING = new Set(['131000']);

function fromError(error: Loose, status: number, waitMs: number | null): SendOutcome {
  const code = String(asNumber(error['code']) ?? `http_${String(status)}`);
  const vague = PROVES_NOTHING.has(code) || (code.startsWith('http_') && isUncertain(status));
  if (vague) return { kind: 'unknown', reason: asName(error['message'], 256) ?? `error ${code}` };
  if (code.startsWith('http_') && status === 429) return refused(failureOf('130429', waitMs));
  return refused(failureOf(code, waitMs));
}

/** Marks this and all earlier messages of the chat read. */
export const markReadCloud: Provider['markRead'] = async (post, credentials, { providerMessageId }) => {
  const result = await call(post, credentials, { status: 'read', message_id: providerMessageId });
  return withoutAnswer(result) ?? outcomeOf(result as Answered, () => providerMessageId);
};

/** Shows typing for up to 25 s. It needs a message to answer, which Meta marks read at the same time. */
export const typingCloud: Provider['typing'] = async (post, credentials, { providerMessageId }) => {
  if (providerMessageId === null) return refusedLocally('no_message', 'There is no message to answer yet');
  const json = { status: 'read', message_id: providerMessageId, typing_indicator: { type: 'text' } };
  const result = await call(post, credentials, json);
  return withoutAnswer(result) ?? outcomeOf(result as Answered, () => providerMessageId);
};
