/** `member:add`, `member:set-role`, `member:reset-password`, `member:remove`: how administrators change their team. */
import { z } from 'zod';
import type { Member } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { MemberId, UserId } from '../../contract/ids.ts';
import type { ResetPassword } from '../../contract/members.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import { hashPassword, verifyPassword } from '../../platform/crypto.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import type { Command, CommandContext } from '../command.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import type { InitialPasswords } from './initial-password.ts';
import type { MemberKey } from './live-member.ts';
import {
  memberChanged,
  memberEntry,
  releaseBatch,
  releaseThreads,
  sessionsEnded,
  upsertMember,
  writeRemoval,
  writeRole,
} from './member-writes.ts';
import { withState } from './members.ts';
import { assertManagesMembers, lockMember } from './team-lock.ts';
import { findUser, type UserRow } from './user-queries.ts';

/** `db` is connected as the owner. */
export interface MemberDeps {
  readonly db: Database;
  readonly hints: HintPublisher;
  readonly initialPasswords: InitialPasswords;
}

/** The member as everybody sees them. Index: tenant_members primary key. Lock: none. */
async function entityOf({ tx, presence }: CommandContext, { tenantId, memberId }: MemberKey): Promise<Member> {
  const rows = await tx<{ entity: Member }[]>`
    select e.entity from member_entities e where e.tenant_id = ${tenantId} and e.id = ${memberId}`;
  if (rows[0] === undefined) throw new Error('A changed member cannot be found.');
  return withState(rows[0].entity, await presence.states(tenantId));
}

interface Person {
  readonly id: UserId;
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** The user with this address; `person.id` only if nobody had it. Index and lock: those of find_or_add_user. */
async function findOrAddUser(tx: Tx, person: Person): Promise<UserId> {
  const hash = await hashPassword(person.password);
  const rows = await tx<{ id: UserId }[]>`
    select find_or_add_user(${person.id}, ${person.email}, ${person.name}, ${hash}) as id`;
  if (rows[0] === undefined) throw new Error('A user was neither found nor added.');
  return rows[0].id;
}

/**
 * A person who has a login, in any business, keeps it: an administrator can give them a membership but no password.
 * Throws forbidden, invalid_input, and conflict for a current member.
 */
export function addMemberCommand({ db, initialPasswords }: MemberDeps): Command<'member:add'> {
  return {
    name: 'member:add',
    access: 'write',
    async run(context, { email, displayName: name, role, password }) {
      assertManagesMembers(context);
      const { tx, caller } = context;
      const newId = uuid7() as UserId;
      const given = { id: newId, email, name, password: password ?? initialPasswords(newId, 0) };
      const userId = await findOrAddUser(tx, given);
      const { tenantId } = caller;
      const member = { tenantId, memberId: await upsertMember(tx, { tenantId, userId, email, name, role }) };
      return {
        data: { member: await entityOf(context, member), hasLogin: userId !== newId },
        changes: [memberChanged(member)],
        audit: [memberEntry('member.added', member.memberId, role)],
      };
    },
    afterCommit: async (added) => {
      if (added.hasLogin) return added;
      const { userId } = added.member;
      return { ...added, ...(await opening(await findUser(db, userId), initialPasswords(userId, 0))) };
    },
  };
}

/** Empty if it does not open: they chose another password, or this commandId first came with one for them. */
async function opening(user: UserRow | null, initialPassword: string): Promise<{ initialPassword?: string }> {
  return (await verifyPassword(initialPassword, user?.passwordHash ?? null)) ? { initialPassword } : {};
}

/** What is stored of a reset besides its answer: whose initial password it was, at the time it was given. */
const KeptReset = z.object({ generation: z.number().int() });
type KeptReset = ResetPassword & z.infer<typeof KeptReset>;

/**
 * Ends all sessions of the member. A repeated commandId returns the password of this reset and no later one, which
 * another business may have got from the operator. Nobody may reset their own: otherwise somebody at an unlocked screen
 * would need no password. Throws forbidden, also for members of another business, and not_found.
 */
export function resetPasswordCommand({ db, initialPasswords }: MemberDeps): Command<'member:reset-password'> {
  return {
    name: 'member:reset-password',
    access: 'write',
    async run(context, { memberId }) {
      assertManagesMembers(context);
      const { tx, caller } = context;
      if (memberId === caller.memberId) throw new InboxError('forbidden', 'Change your own password instead.');
      const login = await lockLogin(tx, memberId);
      const { role, removed } = await lockMember(context, memberId);
      if (login === null || removed) throw new InboxError('not_found', 'There is no such member.');
      if (login.elsewhere) throw ofOthersToo();
      const generation = login.generation + 1;
      const hash = await hashPassword(initialPasswords(login.userId, generation));
      if (!(await resetPassword(tx, login.userId, hash))) throw ofOthersToo();
      const key = { tenantId: caller.tenantId, memberId };
      const kept: KeptReset = { member: await entityOf(context, key), generation };
      return {
        data: kept,
        changes: [sessionsEnded(key)],
        audit: [memberEntry('member.password_reset', memberId, role)],
      };
    },
    afterCommit: async (reset) => {
      const { generation } = KeptReset.parse(reset);
      const { member } = reset;
      const { userId } = member;
      return { member, ...(await opening(await findUser(db, userId), initialPasswords(userId, generation))) };
    },
  };
}

function ofOthersToo(): InboxError {
  return new InboxError(
    'forbidden',
    'They belong to another business as well, with the same password. Only the operator can give them another one.',
  );
}

interface LockedLogin {
  readonly userId: UserId;
  readonly generation: number;
  readonly elsewhere: boolean;
}

/** Null if there is no such member. Indexes and lock: those of lock_login. */
async function lockLogin(tx: Tx, memberId: MemberId): Promise<LockedLogin | null> {
  const rows = await tx<LockedLogin[]>`
    select l.user_id as "userId", l.generation, l.elsewhere from lock_login(${memberId}) l`;
  return rows[0] ?? null;
}

/** False if they joined another business meanwhile. Indexes and lock: those of reset_password. */
async function resetPassword(tx: Tx, userId: UserId, hash: string): Promise<boolean> {
  const rows = await tx<{ done: boolean }[]>`select reset_password(${userId}, ${hash}) as done`;
  return rows[0]?.done === true;
}

function lastAdmin(): InboxError {
  return new InboxError('conflict', 'A team needs an administrator. Make somebody else one first.');
}

/** Throws forbidden, not_found, and conflict for the last administrator. Logs nothing if that is their role already. */
export const setMemberRole: Command<'member:set-role'> = {
  name: 'member:set-role',
  access: 'write',
  async run(context, { memberId, role }) {
    const member = await lockMember(context, memberId);
    if (member.removed) throw new InboxError('not_found', 'There is no such member.');
    if (member.isLastAdmin && role !== 'tenant_admin') throw lastAdmin();
    const key = { tenantId: context.caller.tenantId, memberId };
    if (member.role === role) return { data: { member: await entityOf(context, key) } };
    await writeRole(context.tx, key, role);
    return {
      data: { member: await entityOf(context, key) },
      changes: [memberChanged(key)],
      audit: [memberEntry('member.role_set', memberId, role)],
    };
  },
};

/**
 * The member's rights end with the commit; conversations beyond the first batch are released after it. Repeated, also
 * for a removed member, it continues where it stopped. Throws forbidden, not_found, and conflict for the last
 * administrator.
 */
export function removeMemberCommand({ db, hints }: MemberDeps): Command<'member:remove'> {
  return {
    name: 'member:remove',
    access: 'write',
    async run(context, { memberId }) {
      const member = await lockMember(context, memberId);
      if (member.removed) return { data: { memberId } };
      if (member.isLastAdmin) throw lastAdmin();
      const key = { tenantId: context.caller.tenantId, memberId };
      await writeRemoval(context.tx, key);
      return {
        data: { memberId },
        changes: [memberChanged(key), ...(await releaseBatch(context.tx, key))],
        audit: [memberEntry('member.removed', memberId, null)],
      };
    },
    afterCommit: async (removed, { caller }) => {
      publishHints(hints, await releaseThreads(db, { tenantId: caller.tenantId, memberId: removed.memberId }));
      return removed;
    },
  };
}
