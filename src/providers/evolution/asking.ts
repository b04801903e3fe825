/** Reads from an Evolution API server, and what its errors mean for a number. */
import { orEmpty, type Loose } from '../../lib/loose.ts';
import { silenceOf, silent } from '../asking.ts';
import type { CarrierRefusal, CarrierSilence } from '../managing.ts';
import type { Answered } from '../outcome.ts';
import type { Credentials, HttpResult } from '../sending.ts';

/** URL and headers of a call about an instance. */
export function instanceCall(
  { baseUrl, externalId, accessToken }: Credentials,
  path: string,
): { readonly url: string; readonly headers: Readonly<Record<string, string>> } {
  const url = `${baseUrl.replace(/\/+$/, '')}/${path}/${encodeURIComponent(externalId)}`;
  return { url, headers: { apikey: accessToken } };
}

const REFUSALS = new Map<number, string>([
  [401, 'The Evolution API server does not accept the key of this number: enter the right one.'],
  [403, 'The Evolution API server refuses this number.'],
  [404, 'The Evolution API server does not know this instance: check its name, or create it there.'],
]);

/** The server's answer, or why there is none. */
export function read(
  result: HttpResult,
): { readonly kind: 'read'; readonly answer: Loose } | CarrierRefusal | CarrierSilence {
  const silence = silenceOf(result);
  if (silence !== null) return silence;
  const { status, body } = result as Answered;
  const title = REFUSALS.get(status);
  if (title !== undefined) return { kind: 'refused', title, stops: status === 401 };
  if (status >= 300) return silent(`The Evolution API server answered HTTP ${String(status)}.`);
  return { kind: 'read', answer: orEmpty(body) };
}
