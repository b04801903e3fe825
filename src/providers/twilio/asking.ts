/** Reads from Twilio's APIs, and what their errors mean for a number. */
import { asName, asNumber, orEmpty, type Loose } from '../../lib/loose.ts';
import { silenceOf, silent } from '../asking.ts';
import type { CarrierHttp, CarrierRefusal, CarrierSilence } from '../managing.ts';
import type { Answered } from '../outcome.ts';
import type { Credentials } from '../sending.ts';
import { failureOf } from './failures.ts';

/** Reads one resource, or returns why it could not. */
export async function askTwilio(
  { get }: CarrierHttp,
  { accountSid, accessToken }: Credentials,
  url: string,
): Promise<{ readonly kind: 'read'; readonly answer: Loose } | CarrierRefusal | CarrierSilence> {
  const basic = Buffer.from(`${accountSid ?? ''}:${accessToken}`).toString('base64');
  const result = await get({ url, headers: { authorization: `Basic ${basic}` } });
  const silence = silenceOf(result);
  if (silence !== null) return silence;
  const { status, body } = result as Answered;
  const answer = orEmpty(body);
  if (status < 300) return { kind: 'read', answer };
  const code = asNumber(answer['code']);
  const { action, title } = failureOf(code === null ? `http_${String(status)}` : String(code), null);
  if (action === 'account') return { kind: 'refused', title: `${title}.`, stops: true };
  return silent(`Twilio answered: ${asName(answer['message'], 200) ?? `HTTP ${String(status)}`}`);
}

/** The base URL of a Twilio product. Each product has its own host, derived here from the account's base URL. */
export function hostOf({ baseUrl }: Credentials, product: 'api' | 'content' | 'messaging'): string {
  return baseUrl.replace(/\/+$/, '').replace('://api.', `://${product}.`);
}

/** The URL of the next page of a list. Twilio gives a URL or only a path; a URL on another host gives null. */
export function nextPage(value: unknown, host: string): string | null {
  const next = asName(value, 4096);
  if (next === null) return null;
  const url = next.startsWith('/') ? host + next : next;
  return url.startsWith(`${host}/`) ? url : null;
}
