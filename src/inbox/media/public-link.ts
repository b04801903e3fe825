/**
 * Signed addresses of attachments, for carriers that fetch what they are to send: no credentials needed, valid for an
 * hour.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { MediaId, TenantId } from '../../contract/ids.ts';
import type { Clock } from '../../lib/clock.ts';

/** The attachment that a link refers to. */
export interface LinkTarget {
  readonly tenantId: TenantId;
  readonly mediaId: MediaId;
}

/** Creates and reads links of one installation. */
export interface MediaLinks {
  /** Null if the installation has no public address. */
  readonly urlOf: (tenantId: TenantId, mediaId: string) => string | null;
  /** Null for a link that we did not sign or that has expired. */
  read(token: string): LinkTarget | null;
}

const LIFE_MS = 3_600_000;
/** Separates these signatures from all other uses of the secret. */
const PURPOSE = 'hunfly media link v1';

/** `secret`: shared by all processes. `publicUrl`: without a trailing slash. */
export function createMediaLinks(options: {
  readonly secret: string;
  readonly publicUrl: string | null;
  readonly clock: Clock;
}): MediaLinks {
  const { secret, publicUrl, clock } = options;
  const signatureOf = (payload: string): Buffer =>
    createHmac('sha256', secret).update(`${PURPOSE}\n${payload}`).digest();
  return {
    urlOf: (tenantId, mediaId) => {
      if (publicUrl === null) return null;
      const payload = `${tenantId}.${mediaId}.${String(clock.nowMs() + LIFE_MS)}`;
      return `${publicUrl}/api/media/public/${payload}.${signatureOf(payload).toString('base64url')}`;
    },
    read: (token) => {
      const [tenant, media, until, signature = ''] = token.split('.');
      const given = Buffer.from(signature, 'base64url');
      const expected = signatureOf([tenant, media, until].join('.'));
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      if (Number(until) < clock.nowMs()) return null;
      return { tenantId: TenantId.parse(tenant), mediaId: MediaId.parse(media) };
    },
  };
}
