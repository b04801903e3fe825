/**
 * Proof that a webhook comes from a tenant's Evolution API server. The server does not sign bodies, so one of three
 * headers is required: `X-Hunfly-Signature` (a signing proxy), `Authorization: Bearer` (its `jwt_key`),
 * `X-Webhook-Secret` (a static header).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { asObject, type Loose } from '../../lib/loose.ts';
import { sameSecret } from '../../lib/hash.ts';
import { provesBody, singleHeader, valueAfterKey } from '../headers.ts';
import type { Secret, WebhookRequest } from '../provider.ts';

/**
 * The instance name, found by a byte search. An untrusted hint, resolved later inside the tenant whose secret matched.
 */
export function evolutionChannelHint(request: WebhookRequest): string | null {
  const name = valueAfterKey(request.body, 'instance');
  return name === null || name === '' || name.length > 128 ? null : name;
}

/** The first secret that proves the request in any of the three ways; never throws. */
export function verifyEvolution(request: WebhookRequest, secrets: readonly Secret[]): Secret | null {
  const signature = singleHeader(request, 'x-hunfly-signature');
  const token = bearer(singleHeader(request, 'authorization'));
  const stated = singleHeader(request, 'x-webhook-secret');
  const proves = ({ value }: Secret): boolean =>
    (signature !== null && provesBody(signature, request.body, value)) ||
    (token !== null && provesToken(token, value, request.nowMs)) ||
    (stated !== null && sameSecret(stated, value));
  return secrets.find(proves) ?? null;
}

function bearer(header: string | null): string | null {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(header ?? '')?.[1];
  return token === undefined || token.length > 4096 ? null : token;
}

/**
 * Evolution signs once per event and retries with the same token for up to 25 minutes, but a 401 ends the retries. A
 * strict check would lose exactly the events of a longer outage.
 */
const LATE_SECONDS = 1200;
const CLOCK_SKEW_SECONDS = 60;

function provesToken(token: string, key: string, nowMs: number): boolean {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const given = Buffer.from(signature, 'base64url');
  const wanted = createHmac('sha256', key).update(`${header}.${claims}`).digest();
  if (key === '' || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
  return decoded(header)?.['alg'] === 'HS256' && claimsHold(decoded(claims), nowMs / 1000);
}

function decoded(part: string): Loose | null {
  try {
    return asObject(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
  } catch {
    return null;
  }
}

/**
 * `exp` is required: without it a captured token would be valid for ever. `app` and `action` are checked if present.
 */
function claimsHold(claims: Loose | null, nowSeconds: number): boolean {
  const { exp, nbf, app, action } = (claims ?? {}) as { exp?: unknown; nbf?: unknown; app?: unknown; action?: unknown };
  if (typeof exp !== 'number' || !(nowSeconds < exp + LATE_SECONDS)) return false;
  if (nbf !== undefined && !(typeof nbf === 'number' && nowSeconds + CLOCK_SKEW_SECONDS >= nbf)) return false;
  return (app === undefined || app === 'evolution') && (action === undefined || action === 'webhook');
}
