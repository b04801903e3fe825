/** Who somebody is: logging in, tokens, and the membership a request speaks for. Says nothing about rights. */
import type { KeyObject } from 'node:crypto';
import { InboxError } from '../../contract/errors.ts';
import { UserId, type TenantId } from '../../contract/ids.ts';
import type { PasswordChange, Session } from '../../contract/rest.ts';
import type { Clock } from '../../lib/clock.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import { hashPassword, verifyPassword } from '../../platform/crypto.ts';
import { classifyDatabaseError, type Database } from '../../platform/postgres.ts';
import type { Caller } from '../command.ts';
import { invalidField } from '../input.ts';
import { hs256Key, signHs256, verifyHs256 } from './jwt.ts';
import { supabaseVerifier, type SupabaseVerifier } from './supabase.ts';
import { findUser, findUserByEmail, listMemberships, writePasswordHash, type UserRow } from './user-queries.ts';

/** `ttlMs`: how long our own tokens live; default 12 h. */
export interface SessionDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly secret: string;
  readonly supabase: { readonly url: string | null; readonly jwtSecret: string | null };
  readonly ttlMs?: number;
}

/** A token that was really issued, to whom, until when (ms). */
export interface VerifiedToken {
  readonly userId: UserId;
  readonly expiresAtMs: number;
}

/** A token of ours. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** All methods refuse with InboxError; `unavailable` when the database is away. */
export interface Sessions {
  /** Refuses with unauthenticated, equally slow and in the same words for an unknown email and a wrong password. */
  login(email: string, password: string): Promise<Session>;
  /** A new token for who holds a valid one. Refuses with unauthenticated, token_expired. */
  renew(token: string): Promise<Session>;
  /** Refuses with invalid_input where `current` is not their password. Sessions that there are go on. */
  changePassword(userId: UserId, change: PasswordChange): Promise<void>;
  /** Signs a token without asking for anything; for operators. Default life: ttlMs. */
  issue(userId: UserId, ttlMs?: number): IssuedToken;
  /** Refuses with unauthenticated, token_expired. Our own tokens cost no database call. */
  verify(token: string): Promise<VerifiedToken>;
  /**
   * The membership behind a request; one query. `tenantId` may be left out by users of one tenant (invalid_input
   * otherwise). Refuses with forbidden for users who are not, or no longer, members.
   */
  resolveCaller(token: string, tenantId?: TenantId | null): Promise<Caller>;
}

const DEFAULT_TTL_MS = 12 * 3_600_000;

/** One per process. */
export function createSessions(deps: SessionDeps): Sessions {
  const key = hs256Key(deps.secret);
  const supabase = supabaseVerifier(deps.supabase, deps.clock);
  const issue = (userId: UserId, ttlMs = deps.ttlMs ?? DEFAULT_TTL_MS): IssuedToken => {
    const nowS = Math.floor(deps.clock.nowMs() / 1000);
    const exp = nowS + Math.max(1, Math.floor(ttlMs / 1000));
    return { token: signHs256(key, { sub: userId, iat: nowS, exp, jti: uuid7() }), expiresAtMs: exp * 1000 };
  };
  const verify = (token: string): Promise<VerifiedToken> =>
    available(() => verifyToken(deps, { key, supabase }, token));
  return {
    issue,
    verify,
    login: (email, password) =>
      available(async () => {
        const user = await findUserByEmail(deps.database, email.trim().toLowerCase());
        if (!(await verifyPassword(password, user?.passwordHash ?? null)) || user === null) throw wrongLogin();
        return sessionOf(deps, user, issue(user.id));
      }),
    renew: (token) =>
      available(async () => {
        const { userId } = await verify(token);
        const user = await findUser(deps.database, userId);
        if (user === null) throw unauthenticated();
        return sessionOf(deps, user, issue(userId));
      }),
    changePassword: (userId, { current, next }) =>
      available(async () => {
        const user = await findUser(deps.database, userId);
        const isTheirs = await verifyPassword(current, user?.passwordHash ?? null);
        if (!isTheirs) throw invalidField('current', 'is not your password');
        await writePasswordHash(deps.database, userId, await hashPassword(next));
      }),
    resolveCaller: (token, tenantId) =>
      available(async () => {
        const { userId, expiresAtMs } = await verify(token);
        const memberships = await listMemberships(deps.database, userId);
        const membership = chooseMembership(
          tenantId == null ? memberships : memberships.filter((one) => one.tenantId === tenantId),
        );
        return { userId, tenantId: membership.tenantId, memberId: membership.memberId, expiresAtMs };
      }),
  };
}

function wrongLogin(): InboxError {
  return new InboxError('unauthenticated', 'The email or the password is wrong.');
}

function unauthenticated(): InboxError {
  return new InboxError('unauthenticated', 'The session token is not valid. Log in again.');
}

function expired(): InboxError {
  return new InboxError('token_expired', 'The session has expired. Log in again.');
}

interface Keys {
  readonly key: KeyObject;
  readonly supabase: SupabaseVerifier | null;
}

async function verifyToken(deps: SessionDeps, { key, supabase }: Keys, token: string): Promise<VerifiedToken> {
  const own = verifyHs256(key, token, deps.clock.nowMs());
  if (own.ok) {
    const userId = UserId.safeParse(own.claims['sub']);
    if (!userId.success) throw unauthenticated();
    return { userId: userId.data, expiresAtMs: Number(own.claims['exp']) * 1000 };
  }
  if (own.reason === 'expired') throw expired();
  return verifyForeign(deps, supabase, token);
}

async function verifyForeign(
  deps: SessionDeps,
  supabase: SupabaseVerifier | null,
  token: string,
): Promise<VerifiedToken> {
  const verdict = supabase === null ? ({ ok: false, reason: 'invalid' } as const) : await supabase(token);
  if (!verdict.ok) throw verdict.reason === 'expired' ? expired() : unauthenticated();
  const { sub, email, exp } = verdict.claims;
  const user =
    (await findUser(deps.database, sub)) ??
    (email === undefined ? null : await findUserByEmail(deps.database, email.toLowerCase()));
  if (user === null) throw unauthenticated();
  return { userId: user.id, expiresAtMs: exp * 1000 };
}

/** The one membership that is meant. Refuses with forbidden when there is none, invalid_input when there are several. */
export function chooseMembership<M>(memberships: readonly M[]): M {
  const [first, second] = memberships;
  if (first === undefined) throw new InboxError('forbidden', 'You are not a member of this team.');
  if (second !== undefined) {
    const message = 'is required: you belong to several teams';
    throw new InboxError('invalid_input', `The tenant ${message}.`, [{ path: 'tenantId', message }]);
  }
  return first;
}

async function sessionOf(deps: SessionDeps, user: UserRow, issued: IssuedToken): Promise<Session> {
  const memberships = await listMemberships(deps.database, user.id);
  return {
    token: issued.token,
    expiresAt: new Date(issued.expiresAtMs).toISOString(),
    user: { id: user.id, email: user.email, displayName: user.displayName },
    tenants: memberships.map(({ tenantId, slug, name, role }) => ({ id: tenantId, slug, name, role })),
  };
}

/** A database or key server that is away is not the caller's fault. */
async function available<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InboxError) throw error;
    const kind = classifyDatabaseError(error);
    const away = kind === 'infrastructure' || kind === 'retry' || isFetchFailure(error);
    throw away ? new InboxError('unavailable', 'Logging in is not possible right now. Try again.') : error;
  }
}

function isFetchFailure(error: unknown): boolean {
  return error instanceof Error && (error.name === 'JWKSTimeout' || error instanceof TypeError);
}
