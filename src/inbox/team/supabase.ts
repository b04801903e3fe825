/** Tokens that a Supabase project issued: its HS256 secret, or the public keys it publishes. */
import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { hs256Key, verifyHs256, type Verdict } from './jwt.ts';

const Claims = z.object({
  sub: z.uuid(),
  exp: z.number(),
  email: z.email().max(254).optional(),
  role: z.string().optional(),
});
/** The person a token is for; `role` is Supabase's own, `authenticated` for people. */
export type SupabaseClaims = z.infer<typeof Claims>;

/** Checks one token. Never throws for a bad token; rejects when the project's keys cannot be fetched. */
export type SupabaseVerifier = (token: string) => Promise<Verdict<SupabaseClaims>>;

const JWKS_DEADLINE_MS = 3_000;
const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];
const INVALID = { ok: false, reason: 'invalid' } as const;

/**
 * Null when no project is configured. Keys: `<url>/auth/v1/.well-known/jwks.json`, cached, and fetched again for
 * unknown key ids at most every 30 s (https://supabase.com/docs/guides/auth/signing-keys).
 */
export function supabaseVerifier(
  config: { readonly url: string | null; readonly jwtSecret: string | null },
  clock: Clock,
): SupabaseVerifier | null {
  if (config.jwtSecret !== null) {
    const key = hs256Key(config.jwtSecret);
    return (token) => Promise.resolve(toClaims(verifyHs256(key, token, clock.nowMs())));
  }
  return config.url === null ? null : byPublicKeys(config.url, clock);
}

function byPublicKeys(url: string, clock: Clock): SupabaseVerifier {
  const keys = createRemoteJWKSet(new URL(`${url}/auth/v1/.well-known/jwks.json`), {
    timeoutDuration: JWKS_DEADLINE_MS,
  });
  const options = { algorithms: ALGORITHMS, issuer: `${url}/auth/v1` };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, { ...options, currentDate: clock.now() });
      return toClaims({ ok: true, claims: payload });
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' };
      const unreachable = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError);
      if (unreachable) throw error;
      return INVALID;
    }
  };
}

function toClaims(verdict: Verdict<Readonly<Record<string, unknown>>>): Verdict<SupabaseClaims> {
  if (!verdict.ok) return verdict;
  const claims = Claims.safeParse(verdict.claims);
  // A project's service keys are not people.
  if (!claims.success || (claims.data.role ?? 'authenticated') !== 'authenticated') return INVALID;
  return { ok: true, claims: claims.data };
}
