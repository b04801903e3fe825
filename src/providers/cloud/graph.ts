/** Reads from the Graph API, and what its errors mean for a number. */
import { asName, asNumber, asObject, orEmpty, type Loose } from '../../lib/loose.ts';
import { silenceOf, silent } from '../asking.ts';
import type { CarrierHttp, CarrierRefusal, CarrierSilence } from '../managing.ts';
import { retryAfterMs, type Answered } from '../outcome.ts';
import type { Credentials } from '../sending.ts';
import { failureOf } from './failures.ts';

/** Reads the Graph API object at this URL, or returns why it could not. */
export async function askGraph(
  { get }: CarrierHttp,
  credentials: Credentials,
  object: string,
  query: Readonly<Record<string, string>>,
): Promise<{ readonly kind: 'read'; readonly answer: Loose } | CarrierRefusal | CarrierSilence> {
  const url = `${object}?${new URLSearchParams(query).toString()}`;
  const result = await get({ url, headers: { authorization: `Bearer ${credentials.accessToken}` } });
  const error = result.ok ? asObject(orEmpty(result.body)['error']) : null;
  if (error !== null) return refusal(error, result as Answered);
  return silenceOf(result) ?? { kind: 'read', answer: orEmpty((result as Answered).body) };
}

const UNKNOWN_OBJECT = new Set(['100', '33']);

/**
 * An unknown id or an account problem is a refusal: a person has to look at it. Any other error counts as temporary,
 * like no answer at all.
 */
function refusal(error: Loose, { headers }: Answered): CarrierRefusal | CarrierSilence {
  const code = String(asNumber(error['code']) ?? '');
  if (UNKNOWN_OBJECT.has(code)) {
    const title = 'Meta does not know this id, or the access token may not see it: check both.';
    return { kind: 'refused', title, stops: false };
  }
  const { action, title } = failureOf(code, null);
  if (action === 'account') return { kind: 'refused', title: `${title}.`, stops: true };
  const words = asName(error['message'], 200) ?? title;
  return silent(`Meta answered: ${words}`, retryAfterMs(headers));
}
