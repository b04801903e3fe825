/** Administrators manage their team, and no password is kept anywhere. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Member } from '../../../src/contract/entities.ts';
import type { MemberId } from '../../../src/contract/ids.ts';
import type { Caller, CommandContext } from '../../../src/inbox/command.ts';
import { readAdmission } from '../../../src/inbox/command-log.ts';
import { abilityFor } from '../../../src/inbox/team/ability.ts';
import { addMember } from '../../../src/inbox/team/admin.ts';
import { assignThread } from '../../../src/inbox/threads/assign-thread.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { verifyPassword } from '../../../src/platform/crypto.ts';
import type { Tx } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { changePassword, testSessions } from '../../support/node.ts';
import { aPerson, codeOf, createStaff, newEmail } from '../../support/staff.ts';
import {
  createTeam,
  eventsAfter,
  giveTo,
  headOf,
  newCommandId,
  newThread,
  threadNow,
  type Team,
} from '../../support/team.ts';
import { waitFor } from '../../support/wait.ts';

const GIVEN = 'a-password-the-admin-gave';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

async function passwordHash(email: string): Promise<string | null> {
  const rows = await db.database.run(
    'test.hash',
    (sql) => sql<{ hash: string | null }[]>`select password_hash as hash from users where email = ${email}`,
  );
  return rows[0]?.hash ?? null;
}

const as = (admin: Caller, { id: memberId, userId }: Member): Caller => ({ ...admin, memberId, userId });

describe('an administrator', () => {
  it('sees the whole team by name, with addresses, whether they are here or not', async () => {
    const { admin, add, listed } = await createStaff(db.database);
    const email = newEmail();
    await add({ email: email.toUpperCase(), displayName: ' Zoe ', role: 'manager' });
    const items = await listed();
    expect(items.map(({ member, email: at }) => [member.displayName, member.role, member.state, at])).toEqual([
      ['Ada', 'tenant_admin', 'offline', `${admin.userId}@example.test`],
      ['Zoe', 'manager', 'offline', email],
    ]);
  });

  it('adds a person once, whatever is repeated, who logs in with the password that was shown', async () => {
    const { team, admin, add, listed } = await createStaff(db.database);
    const head = await headOf(team);
    const input = { ...aPerson({ displayName: 'Nia' }), commandId: newCommandId() };
    const first = (await team.execute('member:add', input, admin)).data;
    const again = (await team.execute('member:add', input, admin)).data;
    expect(again).toEqual(first);
    expect(first).toMatchObject({ hasLogin: false, member: { displayName: 'Nia', role: 'agent' } });
    expect(first.initialPassword).toMatch(/^([0-9a-z]{4}-){4}[0-9a-z]{4}$/);
    expect((await eventsAfter(team, head)).map(({ type }) => type)).toEqual(['member.updated']);
    expect(await listed()).toHaveLength(2);
    const session = await testSessions(db.database).login(input.email, first.initialPassword ?? '');
    expect(session.tenants.map(({ id }) => id)).toEqual([team.tenantId]);
    const other = await add();
    expect(other.initialPassword).not.toBe(first.initialPassword);
  });

  it('may give a new person a password, which is not told again', async () => {
    const { add } = await createStaff(db.database);
    const email = newEmail();
    const added = await add({ email, password: GIVEN });
    expect(added).not.toHaveProperty('initialPassword');
    expect(await verifyPassword(GIVEN, await passwordHash(email))).toBe(true);
  });

  it('is told no initial password that does not open, by whatever is repeated', async () => {
    const { team, admin } = await createStaff(db.database);
    const given = { ...aPerson({ password: GIVEN }), commandId: newCommandId() };
    await team.execute('member:add', given, admin);
    const without = { ...given, password: undefined };
    expect((await team.execute('member:add', without, admin)).data).not.toHaveProperty('initialPassword');
    const input = { ...aPerson(), commandId: newCommandId() };
    const { initialPassword = '' } = (await team.execute('member:add', input, admin)).data;
    const { token } = await testSessions(db.database).login(input.email, initialPassword);
    await changePassword(db.database, token, { current: initialPassword, next: 'one-of-their-own' });
    expect((await team.execute('member:add', input, admin)).data).not.toHaveProperty('initialPassword');
  });

  it('can give who has a login elsewhere a membership, and no other password', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const elsewhere = await createTeam(db.database);
    const email = newEmail();
    const own = { email, name: 'Elsewhere', role: 'agent', password: 'their-own-password' } as const;
    const { memberId, userId } = await addMember(db.database, { ...own, tenantId: elsewhere.tenantId });
    for (const password of [undefined, GIVEN]) {
      const added = await add({ email, ...(password === undefined ? {} : { password }) });
      expect(added).toMatchObject({ hasLogin: true, member: { displayName: 'Mo', userId } });
      expect(added).not.toHaveProperty('initialPassword');
      await team.execute('member:remove', { memberId: added.member.id }, admin);
    }
    expect(await verifyPassword('their-own-password', await passwordHash(email))).toBe(true);
    const caller = { ...admin, tenantId: elsewhere.tenantId, memberId, userId };
    await elsewhere.execute('thread:list', {}, caller);
  });

  it('cannot add who is a member, and can take back who was removed', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const email = newEmail();
    const { member } = await add({ email });
    expect(await codeOf(add({ email }))).toBe('conflict');
    await team.execute('member:remove', { memberId: member.id }, admin);
    expect((await add({ email, role: 'manager' })).member).toMatchObject({ id: member.id, role: 'manager' });
  });

  it('changes a role for the next command, and says so once', async () => {
    const { team, admin, add, listed } = await createStaff(db.database);
    const { member } = await add();
    const head = await headOf(team);
    const input = { memberId: member.id, role: 'tenant_admin' } as const;
    for (let time = 0; time < 2; time += 1) {
      expect((await team.execute('member:set-role', input, admin)).data.member.role).toBe('tenant_admin');
    }
    expect(await eventsAfter(team, head)).toMatchObject([
      { type: 'member.updated', data: { version: 2, removed: false, member: { role: 'tenant_admin' } } },
    ]);
    expect(await listed(as(admin, member))).toHaveLength(2);
  });

  it('removes a person, whose conversations are nobody’s then, however many there are', async () => {
    const { team, admin, add, listed } = await createStaff(db.database);
    const { member } = await add();
    const threads = [];
    for (let n = 0; n < 3; n += 1) threads.push((await newThread(team)).threadId);
    for (const threadId of threads) await giveTo(team, threadId, member.id);
    await copyThreads(team, member.id, 450);
    const head = await headOf(team);
    const input = { memberId: member.id, commandId: newCommandId() };
    expect((await team.execute('member:remove', input, admin)).data).toEqual({ memberId: member.id });
    const events = await eventsAfter(team, head);
    expect(events[0]).toMatchObject({ type: 'member.updated', data: { removed: true } });
    expect(events.filter(({ type }) => type === 'thread.updated')).toHaveLength(453);
    expect(await heldBy(team, member.id)).toBe(0);
    expect((await threadNow(team, threads[0]!)).assigneeId).toBeNull();
    const caller = as(admin, member);
    expect(await codeOf(team.execute('thread:list', {}, caller))).toBe('forbidden');
    expect((await listed()).map(({ member: { id } }) => id)).toEqual([admin.memberId]);
  });

  it('removes a person whom somebody gives a conversation at that moment, and who does not keep it', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const { member } = await add();
    const { threadId } = await newThread(team);
    const { removal } = await db.database.asTenant(team.tenantId, 'test.assign', async (tx) => {
      const { writes = [] } = await assignThread.run(await contextOf(team, admin, tx), {
        threadId,
        assigneeId: member.id,
      });
      const removal = watched(team.execute('member:remove', { memberId: member.id }, admin));
      await waitFor(async () => removal.isOver() || (await waitsForLock()));
      await tx.finish(writes, tx<{ id: string }[]>`select ${threadId} as id`);
      return { removal };
    });
    await removal.done;
    expect((await threadNow(team, threadId)).assigneeId).toBeNull();
  });

  it('has the rest released by asking again, where the first time was cut off; not where they are back', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const email = newEmail();
    const { member } = await add({ email });
    const input = { memberId: member.id, commandId: newCommandId() };
    await team.execute('member:remove', input, admin);
    const { threadId } = await newThread(team);
    for (const repeat of [input, { memberId: member.id }]) {
      await giveTo(team, threadId, member.id);
      await team.execute('member:remove', repeat, admin);
      expect((await threadNow(team, threadId)).assigneeId).toBeNull();
    }
    await add({ email });
    await giveTo(team, threadId, member.id);
    await team.execute('member:remove', input, admin);
    expect((await threadNow(team, threadId)).assigneeId).toBe(member.id);
  });

  it('leaves a trace of who did what to whom, without a name, an address or a password', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const email = newEmail();
    const { member } = await add({ email, password: GIVEN });
    await team.execute('member:set-role', { memberId: member.id, role: 'manager' }, admin);
    await team.execute('member:remove', { memberId: member.id }, admin);
    const rows = await db.database.run(
      'test.audit',
      (sql) => sql`
        select action, actor_type as "type", actor_id::text as "by", details from audit_log
        where subject_id = ${member.id} order by id`,
    );
    const by = { type: 'member', by: admin.memberId };
    expect(rows).toEqual([
      { action: 'member.added', ...by, details: { role: 'agent' } },
      { action: 'member.role_set', ...by, details: { role: 'manager' } },
      { action: 'member.removed', ...by, details: { role: null } },
    ]);
  });

  it('finds no password in any row, event or stored result', async () => {
    const { team, admin, listed } = await createStaff(db.database);
    const { member, initialPassword = '' } = (
      await team.execute('member:add', { ...aPerson(), commandId: newCommandId() }, admin)
    ).data;
    await team.execute('member:add', { ...aPerson({ password: GIVEN }), commandId: newCommandId() }, admin);
    const [row] = await db.database.run(
      'test.everything',
      (sql) => sql<{ text: string }[]>`
        select concat((select json_agg(u) from users u), (select json_agg(m) from tenant_members m),
          (select json_agg(e) from tenant_events e), (select json_agg(c) from commands c),
          (select json_agg(l) from audit_log l)) as text`,
    );
    const seen = [row?.text, ...team.hints, JSON.stringify(await listed())].join();
    expect(seen).toContain(member.id);
    expect(initialPassword).not.toBe('');
    for (const password of [initialPassword, GIVEN]) expect(seen).not.toContain(password);
  });
});

/** As many more conversations of theirs. */
async function copyThreads(team: Team, memberId: MemberId, count: number): Promise<void> {
  await db.database.transaction('test.copies', async (tx) => {
    const made = await tx<{ id: string }[]>`
      insert into contacts (tenant_id, display_name)
      select ${team.tenantId}, 'Copy ' || n from generate_series(1, ${count}::int) n returning id`;
    await tx`
      insert into threads (tenant_id, account_id, contact_id, reply_type, reply_value, assignee_id)
      select ${team.tenantId}, ${team.account.accountId}, c.id, 'wa_id', '1', ${memberId}
      from unnest(${made.map(({ id }) => id)}::uuid[]) as c (id)`;
  });
}

/** What a command of theirs is given. */
async function contextOf(team: Team, caller: Caller, tx: Tx): Promise<CommandContext> {
  const admission = await readAdmission(tx, caller, null);
  if (admission === null) throw new Error('The caller is no member.');
  const { role, displayName, agentVisibility, version } = admission;
  return {
    ...{ tx, caller, clock: systemClock, commandId: null, named: null },
    grant: { role, displayName, agentVisibility, version },
    ability: abilityFor({ memberId: caller.memberId, role, agentVisibility }),
    presence: { states: () => Promise.resolve(new Map()) },
  };
}

/** A promise that can be asked whether it is over. */
function watched<T>(done: Promise<T>): { readonly done: Promise<T>; readonly isOver: () => boolean } {
  let over = false;
  const seen = done.finally(() => {
    over = true;
  });
  return { done: seen, isOver: () => over };
}

/** Is there a change of members that waits for somebody else's lock? */
async function waitsForLock(): Promise<boolean> {
  const rows = await db.database.run(
    'test.waits',
    (sql) => sql`select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%tenant_members%'`,
  );
  return rows.length > 0;
}

async function heldBy(team: Team, memberId: MemberId): Promise<number> {
  const rows = await db.database.run(
    'test.held',
    (sql) => sql<{ held: number }[]>`
      select count(*)::int as held from threads where tenant_id = ${team.tenantId} and assignee_id = ${memberId}`,
  );
  return rows[0]?.held ?? -1;
}
