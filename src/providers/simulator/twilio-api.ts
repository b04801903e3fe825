/** Twilio's REST API for messages, and its typing indicator. Calls are forms, whose parameters are in `json`. */
import { asName, asText, type Loose } from '../../lib/loose.ts';
import { only, type ApiAnswer, type ApiReader, type ApiRequest, type Understood } from './api.ts';
import type { SimulatedAccount } from './options.ts';
import { lineOf, type Shown } from './shown.ts';
import { readContent, type FilledContent, type Refusal } from './twilio-template.ts';
import type { World } from './world.ts';

/** Twilio's error body. */
export function twilioError(status: number, code: number, message: string): Loose {
  return { code, message, more_info: `https://www.twilio.com/docs/errors/${String(code)}`, status };
}

const MAX_BODY = 1600;
const TYPING_PATH = '/v2/Indicators/Typing.json';

/** Reads calls of the REST API. */
export const readTwilioCall: ApiReader = (request, world) => {
  const { method, path, json } = request;
  if (method === 'GET') return mediaCall(request, world);
  if (method !== 'POST') return null;
  if (path === TYPING_PATH) return typing(request, world);
  const sid = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]+)\/Messages\.json$/.exec(path)?.[1];
  if (sid === undefined) return null;
  const ours = world.accounts.filter((account) => account.provider === 'twilio' && account.accountSid === sid);
  const account = ours.find(({ channel }) => channel === json['From']) ?? ours[0];
  if (account === undefined) return only(null, 404, twilioError(404, 20404, 'The requested resource was not found'));
  if (!isAuthentic(request, account)) return only(account, 401, twilioError(401, 20003, 'Authenticate'));
  if (account.channel !== json['From']) {
    return only(
      account,
      400,
      twilioError(400, 63007, 'Twilio could not find a Channel with the specified From address'),
    );
  }
  return message(account, json);
};

const MEDIA_PATH = /^\/2010-04-01\/Accounts\/(AC[0-9a-f]+)\/Messages\/([A-Z]{2}[0-9a-f]{32})\/Media\/ME[0-9a-f]{32}$/;

/** A customer's file. The API redirects to a URL that needs no credentials. */
function mediaCall(request: ApiRequest, world: World): Understood | null {
  const [, sid, asked] = MEDIA_PATH.exec(request.path) ?? [];
  const [, stored] = /^\/mms\/([A-Z]{2}[0-9a-f]{32})$/.exec(request.path) ?? [];
  const id = asked ?? stored;
  if (id === undefined) return null;
  const file = world.customerFile(id);
  const missing = twilioError(404, 20404, 'The requested resource was not found');
  if (file === null || (asked !== undefined && file.account.accountSid !== sid)) return only(null, 404, missing);
  const { account, bytes, mime } = file;
  if (stored !== undefined) {
    return {
      account,
      wish: { kind: 'nothing', answer: { status: 200, headers: { 'content-type': mime }, body: bytes } },
    };
  }
  if (!isAuthentic(request, account)) return only(account, 401, twilioError(401, 20003, 'Authenticate'));
  const location = `http://${String(request.headers['host'])}/mms/${id}`;
  return { account, wish: { kind: 'nothing', answer: { status: 307, headers: { location }, body: '' } } };
}

/** True if the call has the credentials of the account. */
export function isAuthentic({ headers }: ApiRequest, { accountSid = '', accessToken }: SimulatedAccount): boolean {
  const expected = Buffer.from(`${accountSid}:${accessToken}`).toString('base64');
  return headers['authorization'] === `Basic ${expected}`;
}

function message(account: SimulatedAccount, json: Loose): Understood {
  const refuse = (code: number, text: string): Understood => only(account, 400, twilioError(400, code, text));
  const customer = /^whatsapp:\+?([\w.]{5,160})$/.exec(asText(json['To'], 200) ?? '')?.[1];
  if (customer === undefined) return refuse(21211, "The 'To' number is not a valid phone number.");
  const content = contentIn(json);
  if (!('shown' in content)) return refuse(...content);
  const callback = asName(json['StatusCallback'], 2000);
  if (callback !== null && !URL.canParse(callback))
    return refuse(21609, "The 'StatusCallback' URL is not a valid URL.");
  const clientRef = callback === null ? null : new URL(callback).searchParams.get('ref');
  const { shown, fetch, fails } = content;
  const sent = { ...shown, quoteId: null, clientRef, wantedId: null };
  const answer = (id: string): ApiAnswer => accepted(account, json, id);
  return { account, wish: { kind: 'send', customer, sent, fetch, fails, answer } };
}

const EMPTY: Refusal = [21619, 'A text message body or media urls must be specified.'];

/** Reads a template, a file, a location or a text, in this order. */
function contentIn(json: Loose): FilledContent | Refusal {
  const template = asName(json['ContentSid'], 64);
  if (template !== null) return readContent(template, json['ContentVariables']);
  const body = asName(json['Body'], 100_000);
  if (body !== null && body.length > MAX_BODY) return [21617, 'The concatenated message body exceeds 1600 characters.'];
  if (json['MediaUrl'] !== undefined) return fileAt(json['MediaUrl'], body);
  if (json['PersistentAction'] !== undefined) return placeOf(json['PersistentAction'], body);
  return body === null ? EMPTY : plain({ kind: 'text', text: body });
}

const plain = (shown: Shown): FilledContent => ({ shown, fetch: null, fails: null });

function fileAt(value: unknown, caption: string | null): FilledContent | Refusal {
  const fetch = asText(value, 4096) ?? '';
  if (!/^https?:$/.test(URL.canParse(fetch) ? new URL(fetch).protocol : '')) return [21620, 'Invalid media URL(s)'];
  return { shown: { kind: 'document', text: lineOf('document', [caption]) }, fetch, fails: null };
}

function placeOf(value: unknown, body: string | null): FilledContent | Refusal {
  const found = /^geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:\|(.*))?$/.exec(asText(value, 2000) ?? '');
  if (found === null) return [63021, 'Channel invalid content error'];
  return body === null ? EMPTY : plain({ kind: 'location', text: lineOf('location', [found[3] ?? body]) });
}

function accepted(account: SimulatedAccount, json: Loose, sid: string): ApiAnswer {
  const ends = { from: account.channel, to: json['To'] };
  const body = {
    sid,
    account_sid: account.accountSid,
    ...ends,
    status: 'queued',
    error_code: null,
    error_message: null,
  };
  return { status: 201, body };
}

/** Marks the message read and shows typing, both at once. */
function typing(request: ApiRequest, world: World): Understood {
  const { json } = request;
  const found = world.find(asText(json['messageId'], 64) ?? '');
  const account = found?.chat.account;
  if (found === undefined || account?.provider !== 'twilio') {
    return only(null, 400, twilioError(400, 60_000, 'The message was not found'));
  }
  if (!isAuthentic(request, account)) return only(account, 401, twilioError(401, 20003, 'Authenticate'));
  const answer = { status: 200, body: { success: true } };
  return { account, wish: { kind: 'read', customer: found.chat.customer, typing: true, answer } };
}
