/** Identity: logging in, tokens, and the membership a request acts as. Says nothing about rights. */
import type { KeyObject } from 'node:crypto';
import { InboxError } from '../../contract/errors.ts';
import type { TenantId, UserId } from '../../contract/ids.ts';
import type { Session } from '../../contract/rest.ts';
import type { Clock } from '../../lib/clock.ts';
import { verifyPassword } from '../../platform/crypto.ts';
import { classifyDatabaseError, type Database } from '../../platform/postgres.ts';
import type { Caller, SessionStamp } from '../command.ts';
import { createInitialPasswords } from './initial-password.ts';
import { hs256Key, verifyHs256 } from './jwt.ts';
import { supabaseVerifier, type SupabaseVerifier } from './supabase.ts';
import { assertCurrent, issueToken, newSession, readOwnToken, type IssuedToken } from './tokens.ts';
import { findUser, findUserByEmail, listMemberships, type UserRow } from './user-queries.ts';

/** `ttlMs`: how long our own tokens live; default 12 h. */
export interface SessionDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly secret: string;
  readonly supabase: { readonly url: string | null; readonly jwtSecret: string | null };
  readonly ttlMs?: number;
}

/**
 * A token that was really issued: to whom, until when (ms). Whether its session still exists is not known yet: see
 * assertCurrent.
 */
export interface VerifiedToken {
  readonly userId: UserId;
  readonly expiresAtMs: number;
  /** Null for tokens of Supabase, which depend on no password of ours. */
  readonly session: SessionStamp | null;
}

/** All methods refuse with InboxError; with `unavailable` when the database is away. */
export interface Sessions {
  /**
   * Refuses with unauthenticated, equally slowly and in the same words for an unknown email and a wrong password. A
   * login with an initial password gets a token that is only valid for choosing another one.
   */
  login(email: string, password: string): Promise<Session>;
  /**
   * A new token for the holder of a valid one. Refuses with unauthenticated, token_expired, password_change_required.
   */
  renew(token: string): Promise<Session>;
  /** The first token of a session's next generation, for the session that a change of password kept. */
  goOn(user: UserRow, session: SessionStamp): Promise<Session>;
  /**
   * Signs a token without any check; for operators. Default life: ttlMs; default generation: that of a user who never
   * changed the password.
   */
  issue(userId: UserId, ttlMs?: number, generation?: number): IssuedToken;
  /** Refuses with unauthenticated, token_expired, password_change_required. Our own tokens need no database call. */
  verify(token: string): Promise<VerifiedToken>;
  /** Like verify, but also accepts tokens of people who have to choose a password first. */
  verifyForPassword(token: string): Promise<VerifiedToken>;
  /**
   * The membership behind a request; one query. Users of one tenant may leave out `tenantId` (otherwise invalid_input).
   * Refuses as verify does, and with forbidden for users who are not, or no longer, members.
   */
  resolveCaller(token: string, tenantId?: TenantId | null): Promise<Caller>;
}

const DEFAULT_TTL_MS = 12 * 3_600_000;

/** One per process. */
export function createSessions(deps: SessionDeps): Sessions {
  const { clock, ttlMs: standardTtlMs = DEFAULT_TTL_MS } = deps;
  const key = hs256Key(deps.secret);
  const supabase = supabaseVerifier(deps.supabase, clock);
  const initialPasswords = createInitialPasswords(deps.secret);
  const verifyForPassword = (token: string): Promise<Verified> =>
    available(() => verifyToken(deps, { key, supabase }, token));
  const verify = async (token: string): Promise<VerifiedToken> => {
    const { passwordOnly, ...verified } = await verifyForPassword(token);
    if (passwordOnly) throw passwordChangeRequired();
    return verified;
  };
  const open = (user: UserRow, session: SessionStamp): Promise<Session> =>
    sessionOf(deps, user, issueToken({ key, clock }, { userId: user.id, session }, standardTtlMs));
  return {
    verify,
    verifyForPassword,
    issue: (userId, ttlMs = standardTtlMs, generation = 0) =>
      issueToken({ key, clock }, { userId, session: newSession(generation) }, ttlMs),
    login: (email, password) =>
      available(async () => {
        const user = await findUserByEmail(deps.database, email.trim().toLowerCase());
        if (!(await verifyPassword(password, user?.passwordHash ?? null)) || user === null) throw wrongLogin();
        const { id: userId, sessionGeneration } = user;
        const session = newSession(sessionGeneration);
        if (password !== initialPasswords(userId, sessionGeneration)) return await open(user, session);
        const issued = issueToken({ key, clock }, { userId, session, passwordOnly: true }, standardTtlMs);
        return { ...(await sessionOf(deps, user, issued)), passwordChangeRequired: true };
      }),
    renew: (token) =>
      available(async () => {
        const { userId, session } = await verify(token);
        const user = await findUser(deps.database, userId);
        if (user === null) throw unauthenticated();
        assertCurrent(session, user.sessionGeneration);
        return await open(user, session ?? newSession(user.sessionGeneration));
      }),
    goOn: (user, session) => available(() => open(user, session)),
    resolveCaller: (token, tenantId) =>
      available(async () => {
        const { userId, expiresAtMs, session } = await verify(token);
        const memberships = await listMemberships(deps.database, userId);
        const membership = chooseMembership(
          tenantId == null ? memberships : memberships.filter((one) => one.tenantId === tenantId),
        );
        assertCurrent(session, membership.sessionGeneration);
        return { userId, tenantId: membership.tenantId, memberId: membership.memberId, expiresAtMs, session };
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

function passwordChangeRequired(): InboxError {
  return new InboxError('password_change_required', 'Choose a password of your own first.');
}

interface Keys {
  readonly key: KeyObject;
  readonly supabase: SupabaseVerifier | null;
}

interface Verified extends VerifiedToken {
  readonly passwordOnly: boolean;
}

async function verifyToken(deps: SessionDeps, { key, supabase }: Keys, token: string): Promise<Verified> {
  const verdict = verifyHs256(key, token, deps.clock.nowMs());
  if (verdict.ok) {
    const own = readOwnToken(verdict.claims);
    if (own === null) throw unauthenticated();
    return own;
  }
  if (verdict.reason === 'expired') throw expired();
  return { ...(await verifyForeign(deps, supabase, token)), passwordOnly: false };
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
  return { userId: user.id, expiresAtMs: exp * 1000, session: null };
}

/** The one membership that is meant. Refuses with forbidden if there is none, invalid_input if there are several. */
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

/** Turns the failure of a database or key server, which is not the caller's fault, into `unavailable`. */
export async function available<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InboxError) throw error;
    const kind = classifyDatabaseError(error);
    const away = kind === 'infrastructure' || kind === 'retry' || isFetchFailure(error);
    throw away ? new InboxError('unavailable', 'A login cannot be checked right now. Try again.') : error;
  }
}

function isFetchFailure(error: unknown): boolean {
  return error instanceof Error && (error.name === 'JWKSTimeout' || error instanceof TypeError);
}
