/** Session tokens: HS256 JSON Web Tokens (RFC 7519), signed and checked with a key object made once. */
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { z } from 'zod';

/** Times are in seconds since 1970, as in the token. */
export interface Claims {
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /** Generation of the person's sessions at the time of signing. */
  readonly gen: number;
  /** The session's id, which stays the same from token to token. */
  readonly sid?: string;
  readonly use?: string;
}

/** The result of checking a token. `invalid` covers every other reason: a caller learns no more. */
export type Verdict<T> =
  { readonly ok: true; readonly claims: T } | { readonly ok: false; readonly reason: 'expired' | 'invalid' };

const Header = z.object({ alg: z.literal('HS256'), typ: z.string().optional() });
const Payload = z.object({ exp: z.number(), nbf: z.number().optional() });

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}', 'utf8').toString('base64url');
/** Clocks of other machines may run ahead of ours by this much. */
const SKEW_S = 30;

/** A secret as a key object, created once: text secrets cost 40 times as much per token. */
export function hs256Key(secret: string): KeyObject {
  return createSecretKey(Buffer.from(secret, 'utf8'));
}

const signature = (key: KeyObject, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The token's text. */
export function signHs256(key: KeyObject, claims: Claims): string {
  const text = `${HEADER}.${Buffer.from(JSON.stringify(claims), 'utf8').toString('base64url')}`;
  return `${text}.${signature(key, text).toString('base64url')}`;
}

/** Only HS256, only with `exp`; compares in constant time. `claims` is the whole payload. Never throws. */
export function verifyHs256(key: KeyObject, token: string, nowMs: number): Verdict<Readonly<Record<string, unknown>>> {
  const claims = signedPayload(key, token);
  const times = Payload.safeParse(claims);
  if (!times.success || (times.data.nbf ?? 0) > nowMs / 1000 + SKEW_S) return { ok: false, reason: 'invalid' };
  if (times.data.exp <= nowMs / 1000) return { ok: false, reason: 'expired' };
  return { ok: true, claims: claims as Readonly<Record<string, unknown>> };
}

/** Null unless the token is whole, HS256 and signed with the key. */
function signedPayload(key: KeyObject, token: string): unknown {
  const parts = token.split('.');
  const [header = '', payload = '', given = ''] = parts;
  const isOurs = parts.length === 3 && isSignedBy(key, `${header}.${payload}`, given);
  return isOurs && isHs256(header) ? decode(payload) : null;
}

function isHs256(header: string): boolean {
  return header === HEADER || Header.safeParse(decode(header)).success;
}

function isSignedBy(key: KeyObject, text: string, given: string): boolean {
  const expected = signature(key, text);
  const actual = Buffer.from(given, 'base64url');
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
