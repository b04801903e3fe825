/**
 * Proof that a webhook comes from Twilio: `X-Twilio-Signature` over the public URL and every parameter.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { parse as parseQuery, stringify as stringifyQuery } from 'node:querystring';
import { sameSecret } from '../../lib/hash.ts';
import { singleHeader } from '../headers.ts';
import type { Secret, WebhookRequest } from '../provider.ts';
import { looksLikeJson, parseForm, parseParams, type Params } from './form.ts';
import { ownAddress } from './scope.ts';

/** Our sender's address, `whatsapp:+digits`: the recipient of a message, the sender of a status. An untrusted hint. */
export function twilioChannelHint(request: WebhookRequest): string | null {
  const form = parseParams(request.body);
  return form.ok ? ownAddress(form.params) : null;
}

/**
 * The auth token that signed this URL with these parameters; null if none did. Compares digests in constant time. Never
 * throws.
 */
export function verifyTwilio(request: WebhookRequest, secrets: readonly Secret[]): Secret | null {
  const given = singleHeader(request, 'x-twilio-signature');
  if (given === null || !/^[A-Za-z0-9+/]{27}=$/.test(given)) return null;
  const suffix = signedParams(request);
  if (suffix === null) return null;
  const digest = Buffer.from(given, 'base64');
  const texts = urlVariants(request.url).map((url) => url + suffix);
  const proves = ({ value }: Secret): boolean =>
    value !== '' && texts.some((text) => timingSafeEqual(digest, createHmac('sha1', value).update(text).digest()));
  return secrets.find(proves) ?? null;
}

/** The text after the URL in the signed string; null when this body cannot have been signed. */
function signedParams(request: WebhookRequest): string | null {
  const stated = statedBodyHash(request.url);
  if (stated !== null) return sameSecret(sha256(request.body), stated.toLowerCase()) ? '' : null;
  // The signature covers the bytes of a JSON body only through the hash in the URL.
  if (looksLikeJson(request.body)) return null;
  const form = parseForm(request.body);
  return form.ok ? canonicalParams(form.params) : null;
}

const sha256 = (body: Buffer): string => createHash('sha256').update(body).digest('hex');

function statedBodyHash(url: string): string | null {
  const query = url.split('#', 1)[0]?.split('?').slice(1).join('?') ?? '';
  return new URLSearchParams(query).get('bodySHA256');
}

/**
 * Every parameter, also those we do not know, as name and value without separators. Sorted by code unit, first by name,
 * then by value. Repeated values count once.
 */
function canonicalParams(params: Params): string {
  return [...params.keys()]
    .sort(byUnits)
    .flatMap((name) => [...new Set(params.get(name))].sort(byUnits).map((value) => name + value))
    .join('');
}

const byUnits = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

const STANDARD_PORTS = new Map([
  ['https:', '443'],
  ['http:', '80'],
]);

/**
 * The forms of the URL that Twilio may have signed: with or without the port, and with a query escaped by older rules.
 * Never another scheme or host: the signature is there to prove those.
 */
function urlVariants(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const [whole = ''] = text.split('#', 1);
  const at = whole.indexOf('?');
  const [path, query] = at < 0 ? [whole, null] : [whole.slice(0, at), whole.slice(at + 1)];
  const { protocol, port } = new URL(whole);
  const bare = port === '' ? path.replace(/^([a-z]+:\/\/[^/:]+):\d+/i, '$1') : path.replace(`:${port}`, '');
  const standard = STANDARD_PORTS.get(protocol) ?? '';
  const withPort = bare.replace(/^([a-z]+:\/\/[^/]+)/i, `$1:${port === '' ? standard : port}`);
  const queries = query === null ? [''] : [`?${query}`, `?${stringifyQuery(parseQuery(query))}`];
  return [...new Set([path, bare, withPort].flatMap((one) => queries.map((each) => one + each)))];
}
