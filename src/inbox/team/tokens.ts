/** Our own session tokens: reading what one says about its session, and signing the next. */
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { InboxError } from '../../contract/errors.ts';
import { UserId } from '../../contract/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { SessionStamp } from '../command.ts';
import { signHs256 } from './jwt.ts';

/** A token of ours. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Marks a token that is only valid for choosing a password. */
const PASSWORD_ONLY = 'password';

const OwnClaims = z.object({
  sub: UserId,
  exp: z.number(),
  jti: z.uuid().optional().catch(undefined),
  /** Tokens of releases that could not end sessions belong to the first generation. */
  gen: z.number().int().nonnegative().default(0),
  sid: z.uuid().optional(),
  use: z.literal(PASSWORD_ONLY).optional(),
});

/** The content of a token of ours. */
export interface OwnToken {
  readonly userId: UserId;
  readonly expiresAtMs: number;
  readonly session: SessionStamp;
  /** True if the person has an initial password and has not chosen another one yet. */
  readonly passwordOnly: boolean;
}

/** Null if the claims are not ours. */
export function readOwnToken(claims: Readonly<Record<string, unknown>>): OwnToken | null {
  const parsed = OwnClaims.safeParse(claims);
  if (!parsed.success) return null;
  const { sub: userId, exp, jti, sid, gen: generation, use } = parsed.data;
  const session = { id: sid ?? jti ?? null, generation };
  return { userId, expiresAtMs: exp * 1000, session, passwordOnly: use === PASSWORD_ONLY };
}

/** The content of a token to be signed. A session keeps its id from token to token. */
export interface TokenSubject {
  readonly userId: UserId;
  readonly session: SessionStamp;
  readonly passwordOnly?: boolean;
}

/** A session that begins now. */
export function newSession(generation: number): SessionStamp {
  return { id: uuid7(), generation };
}

/** Signs it. */
export function issueToken(
  { key, clock }: { readonly key: KeyObject; readonly clock: Clock },
  { userId, session, passwordOnly = false }: TokenSubject,
  ttlMs: number,
): IssuedToken {
  const iat = Math.floor(clock.nowMs() / 1000);
  const exp = iat + Math.max(1, Math.floor(ttlMs / 1000));
  const { id: sid, generation: gen } = session;
  const claims = { sub: userId, iat, exp, jti: uuid7(), gen, ...(sid === null ? {} : { sid }) };
  const token = signHs256(key, passwordOnly ? { ...claims, use: PASSWORD_ONLY } : claims);
  return { token, expiresAtMs: exp * 1000 };
}

/** Throws unauthenticated if the password was changed since. Null: a session that depends on no password of ours. */
export function assertCurrent(session: SessionStamp | null, generation: number): void {
  if (session === null || session.generation >= generation) return;
  throw new InboxError('unauthenticated', 'The password was changed since. Log in again.');
}
