/** Operators' work on members. Runs as the owner of the schema; every change reaches live sessions through the log. */
import type { Role } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { MemberId, TenantId, UserId } from '../../contract/ids.ts';
import { cleanText } from '../../lib/text.ts';
import { hashPassword, verifyPassword } from '../../platform/crypto.ts';
import type { Database, Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { logChanges, type Change, type LoggedEvent } from '../event-log.ts';
import { invalidField } from '../input.ts';
import {
  memberChanged,
  memberEntry,
  releaseThreads,
  upsertMember,
  writeRemoval,
  writeRole,
  type MemberAction,
} from './member-writes.ts';
import type { InitialPasswords } from './initial-password.ts';
import type { MemberKey } from './live-member.ts';
import { changeLogin } from './passwords.ts';
import { findUserByEmail, type UserRow } from './user-queries.ts';

/** A person to be added to a tenant. `password` null keeps the password they have. */
export interface NewMember {
  readonly tenantId: TenantId;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string | null;
}

/** The result of an operator's change; `logged` must go out as a hint after the commit. */
export interface MemberChanged {
  readonly memberId: MemberId;
  readonly userId: UserId;
  readonly logged: readonly LoggedEvent[];
}

const MIN_PASSWORD = 8;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,189}$/;

/** Lower case and trimmed. Throws invalid_input. */
export function normalEmail(email: string): string {
  const text = email.trim().toLowerCase();
  if (!EMAIL.test(text)) throw invalidField('email', 'must be an email address');
  return text;
}

/**
 * Adds a person, or lets a removed one back in. A user of another tenant keeps one login for both. Throws
 * invalid_input, or conflict for a current member.
 */
export async function addMember(database: Database, member: NewMember): Promise<MemberChanged> {
  const email = normalEmail(member.email);
  const name = cleanText(member.name.trim(), 200);
  if (name === '') throw invalidField('name', 'must not be empty');
  const given = member.password === null ? null : await givenPassword(member.password);
  return database.transaction('admin.add_member', async (tx) => {
    const user = await upsertUser(tx, { email, name, hash: given?.hash ?? null });
    const ended = given === null ? [] : await changePassword(tx, user, given);
    const memberId = await upsertMember(tx, { ...member, email, name, userId: user.id });
    const who = { tenantId: member.tenantId, memberId, userId: user.id };
    return recordChange(tx, who, { action: 'member.added', role: member.role, before: ended });
  });
}

/** Changes what a member may do from now on, on live sockets too. Throws not_found. */
export async function setRole(
  database: Database,
  who: { readonly tenantId: TenantId; readonly email: string },
  role: Role,
): Promise<MemberChanged> {
  return database.transaction('admin.set_role', async (tx) => {
    const member = await lockMember(tx, who.tenantId, normalEmail(who.email));
    await writeRole(tx, { tenantId: who.tenantId, ...member }, role);
    return recordChange(tx, { tenantId: who.tenantId, ...member }, { action: 'member.role_set', role });
  });
}

/** A password that was set; `logged` must go out as a hint after the commit. */
export interface PasswordSet {
  readonly userId: UserId;
  readonly password: string;
  readonly logged: readonly LoggedEvent[];
}

/**
 * Sets a password unless it is that already, and ends the person's sessions, live sockets included. Throws
 * invalid_input, not_found, conflict.
 */
export async function setPassword(database: Database, email: string, password: string): Promise<PasswordSet> {
  const given = await givenPassword(password);
  return withUser(database, email, (tx, user) =>
    changePassword(tx, user, given).then((changes) => ({ password, changes })),
  );
}

/** The same with an initial password, to be handed over and changed at the first login. */
export async function giveInitialPassword(
  database: Database,
  email: string,
  initialPasswords: InitialPasswords,
): Promise<PasswordSet> {
  return withUser(database, email, async (tx, user) => {
    const password = initialPasswords(user.id, user.sessionGeneration + 1);
    return { password, changes: await changePassword(tx, user, await givenPassword(password)) };
  });
}

async function withUser(
  database: Database,
  email: string,
  change: (tx: Tx, user: Login) => Promise<{ readonly password: string; readonly changes: readonly Change[] }>,
): Promise<PasswordSet> {
  const user = await findUserByEmail(database, normalEmail(email));
  if (user === null) throw new InboxError('not_found', `There is no user ${email}.`);
  return database.transaction('admin.set_password', async (tx) => {
    const { password, changes } = await change(tx, user);
    return { userId: user.id, password, logged: await logChanges(tx, changes) };
  });
}

interface GivenPassword {
  readonly password: string;
  readonly hash: string;
}

async function givenPassword(password: string): Promise<GivenPassword> {
  if (password.length < MIN_PASSWORD) {
    throw invalidField('password', `must have at least ${String(MIN_PASSWORD)} characters`);
  }
  return { password, hash: await hashPassword(password) };
}

type Login = Pick<UserRow, 'id' | 'passwordHash' | 'sessionGeneration'>;

/** Sessions end only if the password really changes. */
async function changePassword(tx: Tx, user: Login, { password, hash }: GivenPassword): Promise<readonly Change[]> {
  if (await verifyPassword(password, user.passwordHash)) return [];
  const login = { userId: user.id, hash, generation: user.sessionGeneration, keptSession: null };
  const changes = await changeLogin(tx, login, 'operator');
  if (changes === null) throw new InboxError('conflict', 'The password was changed at this moment. Try again.');
  return changes;
}

/** Ends a membership, live sockets included; the member's conversations become unassigned. Throws not_found. */
export async function removeMember(
  database: Database,
  who: { readonly tenantId: TenantId; readonly email: string },
): Promise<MemberChanged> {
  const removed = await database.transaction('admin.remove_member', async (tx) => {
    const member = await lockMember(tx, who.tenantId, normalEmail(who.email));
    await writeRemoval(tx, { tenantId: who.tenantId, ...member });
    return recordChange(tx, { tenantId: who.tenantId, ...member }, { action: 'member.removed', role: null });
  });
  const released = await releaseThreads(database, { tenantId: who.tenantId, memberId: removed.memberId });
  return { ...removed, logged: [...removed.logged, ...released] };
}

/** An existing user keeps their data. Index: users_email_key. Lock: the user's row. */
async function upsertUser(
  tx: Tx,
  user: { readonly email: string; readonly name: string; readonly hash: string | null },
): Promise<Login> {
  const rows = await tx<Login[]>`
    insert into users as u (email, display_name, password_hash) values (${user.email}, ${user.name}, ${user.hash})
    on conflict on constraint users_email_key do update set password_hash = u.password_hash
    returning u.id, u.password_hash as "passwordHash", u.session_generation as "sessionGeneration"`;
  if (rows[0] === undefined) throw new Error('An upserted user was not returned.');
  return rows[0];
}

interface Who {
  readonly memberId: MemberId;
  readonly userId: UserId;
}

/** Indexes: users_email_key, tenant_members_user_key. Lock: the member's row, until commit. */
async function lockMember(tx: Tx, tenantId: TenantId, email: string): Promise<Who> {
  const rows = await tx<Who[]>`
    select m.id as "memberId", m.user_id as "userId"
    from tenant_members m join users u on u.id = m.user_id
    where m.tenant_id = ${tenantId} and u.email = ${email} and m.removed_at is null
    for no key update of m`;
  if (rows[0] === undefined) throw new InboxError('not_found', `${email} is not a member of this tenant.`);
  return rows[0];
}

interface Recorded {
  readonly action: MemberAction;
  readonly role: Role | null;
  /** Other changes of this transaction. */
  readonly before?: readonly Change[];
}

async function recordChange(
  tx: Tx,
  who: Who & MemberKey,
  { action, role, before = [] }: Recorded,
): Promise<MemberChanged> {
  const { tenantId, memberId, userId } = who;
  const actor = { tenantId, type: 'operator', id: null, correlationId: null } as const;
  await insertAudit(tx, actor, [memberEntry(action, memberId, role)]);
  return { memberId, userId, logged: await logChanges(tx, [...before, memberChanged(who)]) };
}
