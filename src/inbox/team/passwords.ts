/**
 * Changes a person's password, on behalf of somebody who knows the present one or of the operator. Runs as the owner of
 * the schema.
 */
import { InboxError } from '../../contract/errors.ts';
import type { Role } from '../../contract/entities.ts';
import type { MemberId, TenantId, UserId } from '../../contract/ids.ts';
import type { PasswordChange, Session } from '../../contract/rest.ts';
import { hashPassword, verifyPassword } from '../../platform/crypto.ts';
import { correlationId } from '../../platform/log.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { logChanges, type Change } from '../event-log.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { invalidField } from '../input.ts';
import { memberEntry, sessionsEnded } from './member-writes.ts';
import { available, type Sessions, type VerifiedToken } from './session.ts';
import { assertCurrent } from './tokens.ts';
import { findUser } from './user-queries.ts';

/** A user's new password. */
export interface NewLogin {
  readonly userId: UserId;
  readonly hash: string;
  /** Generation of the sessions as the caller has seen it; this change increments it. */
  readonly generation: number;
  /** The session that continues. */
  readonly keptSession: string | null;
}

/** Who changes it: the person, acting in each team as its member, or the operator. */
type By = 'member' | 'operator';

/**
 * Ends every session but the kept one, in all teams of the person; returns the changes to log. Null if the password was
 * changed meanwhile.
 */
export async function changeLogin(tx: Tx, login: NewLogin, by: By): Promise<readonly Change[] | null> {
  if (!(await writeLogin(tx, login))) return null;
  const memberships = await listTeams(tx, login.userId);
  const action = by === 'member' ? 'member.password_changed' : 'member.password_set';
  for (const { tenantId, memberId, role } of memberships) {
    const id = by === 'member' ? memberId : null;
    const actor = { tenantId, type: by, id, correlationId: correlationId() ?? null };
    await insertAudit(tx, actor, [memberEntry(action, memberId, role)]);
  }
  return memberships.map(sessionsEnded);
}

/** Index: users primary key. Lock: the user's row. */
async function writeLogin(tx: Tx, { userId, hash, generation, keptSession }: NewLogin): Promise<boolean> {
  const rows = await tx`
    update users set password_hash = ${hash}, session_generation = ${generation + 1}, kept_session = ${keptSession}
    where id = ${userId} and session_generation = ${generation} returning id`;
  return rows.length > 0;
}

interface Team {
  readonly tenantId: TenantId;
  readonly memberId: MemberId;
  readonly role: Role;
}

/** Index: tenant_members_by_user. Lock: none. */
async function listTeams(tx: Tx, userId: UserId): Promise<Team[]> {
  return tx<Team[]>`
    select m.tenant_id as "tenantId", m.id as "memberId", m.role from tenant_members m
    where m.user_id = ${userId} and m.removed_at is null order by m.tenant_id`;
}

/** What changing one's own password depends on. `db` is connected as the owner. */
export interface PasswordDeps {
  readonly db: Database;
  readonly sessions: Pick<Sessions, 'goOn'>;
  readonly hints: HintPublisher;
}

/**
 * Ends all sessions of the person; the calling one continues with the token in the answer. Refuses with unauthenticated
 * if that has ended, and with invalid_input if `current` is not their password or `next` is the same.
 */
export type ChangePassword = (who: VerifiedToken, change: PasswordChange) => Promise<Session>;

/** See ChangePassword. */
export function createPasswordChange({ db, sessions, hints }: PasswordDeps): ChangePassword {
  return ({ userId, session }, { current, next }) =>
    available(async () => {
      const user = await findUser(db, userId);
      if (user === null) throw new InboxError('unauthenticated', 'Log in again.');
      const { sessionGeneration: generation, passwordHash } = user;
      assertCurrent(session, generation);
      if (!(await verifyPassword(current, passwordHash))) throw notTheirs();
      if (next === current) throw invalidField('next', 'must be another one than before');
      const login = { userId, hash: await hashPassword(next), generation, keptSession: session?.id ?? null };
      // Before the change, so that nothing can fail between the change and its answer.
      const renewed = await sessions.goOn(user, { id: login.keptSession, generation: generation + 1 });
      const logged = await db.transaction('users.change_password', async (tx) => {
        const changes = await changeLogin(tx, login, 'member');
        if (changes === null) throw notTheirs();
        return logChanges(tx, changes);
      });
      publishHints(hints, logged);
      return renewed;
    });
}

function notTheirs(): InboxError {
  return invalidField('current', 'is not your password');
}
