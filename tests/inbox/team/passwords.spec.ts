/** Another password ends the sessions that there are; an initial one opens nothing but the choice of another. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId, UserId } from '../../../src/contract/ids.ts';
import { addMember, giveInitialPassword, setPassword } from '../../../src/inbox/team/admin.ts';
import { createInitialPasswords } from '../../../src/inbox/team/initial-password.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { holding } from '../../support/hold.ts';
import { changePassword, testSessions } from '../../support/node.ts';
import { TEST_SECRET } from '../../support/registry.ts';
import { aPerson, codeOf, createStaff, newEmail, type Staff } from '../../support/staff.ts';
import { waitFor } from '../../support/wait.ts';
import { createTeam, eventsAfter, headOf, newCommandId, type Team } from '../../support/team.ts';

const OWN = 'their-own-password';
const NEXT = 'the-next-password';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

/** Somebody with a password of their own in each of these teams. */
async function somebody(...teams: readonly Team[]): Promise<{ email: string; userId: UserId; memberId: string }> {
  const email = newEmail();
  const person = { email, name: 'Pia', role: 'agent', password: OWN } as const;
  const added = [];
  for (const { tenantId } of teams) added.push(await addMember(db.database, { ...person, tenantId }));
  const [first] = added;
  if (first === undefined) throw new Error('Somebody belongs to a team.');
  return { email, ...first };
}

const logIn = async (email: string, password: string): Promise<string> =>
  (await testSessions(db.database).login(email, password)).token;

/** `ok` for a token that REST takes and that is renewed, else why not. */
async function stateOf(token: string, tenantId?: TenantId): Promise<string> {
  const sessions = testSessions(db.database);
  const [asked, renewed] = [await codeOf(sessions.resolveCaller(token, tenantId)), await codeOf(sessions.renew(token))];
  return asked === renewed ? asked : `${asked} and ${renewed}`;
}

const isSomebodyWaiting = async (): Promise<boolean> =>
  (
    await db.database.run(
      'test.waiting',
      (sql) => sql`
        select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).length > 0;

async function actionsOn(memberId: string): Promise<readonly unknown[]> {
  return db.database.run(
    'test.audit',
    (sql) => sql`
      select action, actor_type as type, actor_id::text as by from audit_log
      where subject_id = ${memberId} and action like 'member.password%' order by id`,
  );
}

describe('a change of one’s own password', () => {
  it('ends every token of before, also that of the session that makes it, which goes on with the one in the answer', async () => {
    const team = await createTeam(db.database);
    const { email, memberId } = await somebody(team);
    const [here, elsewhere] = [await logIn(email, OWN), await logIn(email, OWN)];
    const head = await headOf(team);
    const { token } = await changePassword(db.database, here, { current: OWN, next: NEXT });
    expect([await stateOf(here), await stateOf(elsewhere), await stateOf(token)]).toEqual([
      'unauthenticated',
      'unauthenticated',
      'ok',
    ]);
    expect(await stateOf(await logIn(email, NEXT))).toBe('ok');
    const { session } = await testSessions(db.database).verify(here);
    expect(await eventsAfter(team, head)).toMatchObject([
      { type: 'sessions.ended', data: { memberId, generation: 1, kept: session?.id } },
    ]);
    expect(await actionsOn(memberId)).toEqual([{ action: 'member.password_changed', type: 'member', by: memberId }]);
    expect(await codeOf(changePassword(db.database, here, { current: NEXT, next: OWN }))).toBe('unauthenticated');
  });

  it('is told in every team of theirs', async () => {
    const teams = [await createTeam(db.database), await createTeam(db.database)];
    const { email } = await somebody(...teams);
    const heads = await Promise.all(teams.map(headOf));
    await changePassword(db.database, await logIn(email, OWN), { current: OWN, next: NEXT });
    for (const [index, team] of teams.entries()) {
      expect((await eventsAfter(team, heads[index] ?? 0)).map(({ type }) => type)).toEqual(['sessions.ended']);
    }
  });

  it('counts once where two are made at the same moment with the same password', async () => {
    const { email } = await somebody(await createTeam(db.database));
    const token = await logIn(email, OWN);
    const nexts = ['one-of-two-passwords', 'two-of-two-passwords'];
    const codes = await Promise.all(
      nexts.map((next) => codeOf(changePassword(db.database, token, { current: OWN, next }))),
    );
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1);
    const won = nexts[codes.indexOf('ok')] ?? '';
    expect(await stateOf(await logIn(email, won))).toBe('ok');
  });

  it('is none where it cannot be answered', async () => {
    const { email } = await somebody(await createTeam(db.database));
    const token = await logIn(email, OWN);
    const away = Object.assign(new Error('The database went away.'), { code: 'ECONNRESET' });
    const run: Database['run'] = (name, query, options) =>
      name === 'members.by_user' ? Promise.reject(away) : db.database.run(name, query, options);
    const change = changePassword({ ...db.database, run }, token, { current: OWN, next: NEXT });
    expect(await codeOf(change)).toBe('unavailable');
    expect(await stateOf(token)).toBe('ok');
  });

  it('is another password than before', async () => {
    const { email } = await somebody(await createTeam(db.database));
    const token = await logIn(email, OWN);
    expect(await codeOf(changePassword(db.database, token, { current: OWN, next: OWN }))).toBe('invalid_input');
    expect(await stateOf(token)).toBe('ok');
  });
});

describe('an initial password', () => {
  it('opens nothing but the choice of another one, which opens everything', async () => {
    const { add } = await createStaff(db.database);
    const email = newEmail();
    const { initialPassword = '' } = await add({ email });
    const session = await testSessions(db.database).login(email, initialPassword);
    expect(session.passwordChangeRequired).toBe(true);
    expect(await stateOf(session.token)).toBe('password_change_required');
    const change = { current: initialPassword, next: initialPassword };
    expect(await codeOf(changePassword(db.database, session.token, change))).toBe('invalid_input');
    const chosen = await changePassword(db.database, session.token, { ...change, next: OWN });
    expect(chosen).not.toHaveProperty('passwordChangeRequired');
    expect(await stateOf(chosen.token)).toBe('ok');
    expect(await testSessions(db.database).login(email, OWN)).not.toHaveProperty('passwordChangeRequired');
    expect(await codeOf(logIn(email, initialPassword))).toBe('unauthenticated');
  });

  it('is none that an administrator or an operator thought of', async () => {
    const { team, add } = await createStaff(db.database);
    const email = newEmail();
    await add({ email, password: OWN });
    const { email: other } = await somebody(team);
    for (const who of [email, other]) {
      const session = await testSessions(db.database).login(who, OWN);
      expect(session).not.toHaveProperty('passwordChangeRequired');
      expect(await stateOf(session.token)).toBe('ok');
    }
  });
});

describe('an administrator', () => {
  const reset = (staff: Staff, memberId: string, commandId = newCommandId()) =>
    staff.team.execute('member:reset-password', { memberId, commandId }, staff.admin).then(({ data }) => data);

  it('gives a new initial password, told again to the same commandId, and ends all sessions', async () => {
    const staff = await createStaff(db.database);
    const { email, memberId } = await somebody(staff.team);
    const token = await logIn(email, OWN);
    const head = await headOf(staff.team);
    const commandId = newCommandId();
    const first = await reset(staff, memberId, commandId);
    expect(await reset(staff, memberId, commandId)).toEqual(first);
    expect(await stateOf(token)).toBe('unauthenticated');
    expect(await codeOf(logIn(email, OWN))).toBe('unauthenticated');
    expect((await eventsAfter(staff.team, head)).map(({ type }) => type)).toEqual(['sessions.ended']);
    const { initialPassword = '' } = first;
    const session = await testSessions(db.database).login(email, initialPassword);
    expect(session.passwordChangeRequired).toBe(true);
    await changePassword(db.database, session.token, { current: initialPassword, next: NEXT });
    expect(await reset(staff, memberId, commandId)).not.toHaveProperty('initialPassword');
    const by = { type: 'member', by: staff.admin.memberId };
    expect(await actionsOn(memberId)).toEqual([
      { action: 'member.password_reset', ...by },
      { action: 'member.password_changed', type: 'member', by: memberId },
    ]);
  });

  it('is not told by an old commandId what was given to another business since', async () => {
    const [staff, elsewhere] = [await createStaff(db.database), await createStaff(db.database)];
    const { email, memberId } = await somebody(staff.team);
    const commandId = newCommandId();
    expect(await reset(staff, memberId, commandId)).toHaveProperty('initialPassword');
    await staff.team.execute('member:remove', { memberId }, staff.admin);
    const there = await elsewhere.add({ email });
    expect(await reset(elsewhere, there.member.id)).toHaveProperty('initialPassword');
    expect(Object.keys(await reset(staff, memberId, commandId))).toEqual(['member']);
  });

  it('gives none to who comes into another business while it is looked at', async () => {
    const [staff, elsewhere] = [await createStaff(db.database), await createStaff(db.database)];
    const { email, memberId } = await somebody(staff.team);
    const code = await holding(db.database, async (tx) => {
      await tx`select from tenant_members where id = ${staff.admin.memberId} for update`;
      const asked = codeOf(reset(staff, memberId));
      await waitFor(isSomebodyWaiting);
      await elsewhere.add({ email });
      return { asked };
    });
    expect(await code.asked).toBe('forbidden');
    expect(await codeOf(logIn(email, OWN))).toBe('ok');
  });

  it('gives another one each time', async () => {
    const staff = await createStaff(db.database);
    const { member, initialPassword } = await staff.add();
    const given = [initialPassword, (await reset(staff, member.id)).initialPassword];
    given.push((await reset(staff, member.id)).initialPassword);
    expect(new Set(given).size).toBe(3);
  });

  it('gives none to who belongs to another business as well, until they do not any more', async () => {
    const [staff, elsewhere] = [await createStaff(db.database), await createStaff(db.database)];
    const { email, memberId } = await somebody(staff.team, elsewhere.team);
    const refused = reset(staff, memberId);
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    await expect(refused).rejects.toThrow('Only the operator');
    expect(await codeOf(logIn(email, OWN))).toBe('ok');
    const there = (await elsewhere.listed()).find((one) => one.email === email);
    await elsewhere.team.execute('member:remove', { memberId: there?.member.id }, elsewhere.admin);
    expect(await reset(staff, memberId)).toHaveProperty('initialPassword');
  });

  it('resets nobody of another business, nobody who was removed, nobody who runs the platform, and not themselves', async () => {
    const [staff, elsewhere] = [await createStaff(db.database), await createStaff(db.database)];
    const stranger = await elsewhere.add();
    const removed = await staff.add();
    await staff.team.execute('member:remove', { memberId: removed.member.id }, staff.admin);
    const platform = await staff.team.member('super_admin');
    expect(await codeOf(reset(staff, stranger.member.id))).toBe('not_found');
    expect(await codeOf(reset(staff, removed.member.id))).toBe('not_found');
    expect(await codeOf(reset(staff, platform.memberId))).toBe('forbidden');
    expect(await codeOf(reset(staff, staff.admin.memberId))).toBe('forbidden');
    const agent = await staff.team.member('agent');
    const byAgent = staff.team.execute('member:reset-password', { memberId: staff.admin.memberId }, agent);
    expect(await codeOf(byAgent)).toBe('forbidden');
  });

  it('cannot go around that in SQL: the members’ role changes no login of another business', async () => {
    const [staff, elsewhere] = [await createStaff(db.database), await createStaff(db.database)];
    const both = await somebody(staff.team, elsewhere.team);
    const { member } = await elsewhere.add(aPerson());
    for (const userId of [both.userId, member.userId]) {
      const rows = await db.database.asTenant(
        staff.team.tenantId,
        'test.reset',
        (tx) => tx`select reset_password(${userId}, 'x') as done`,
      );
      expect(rows).toEqual([{ done: false }]);
    }
    expect(await codeOf(logIn(both.email, OWN))).toBe('ok');
  });
});

describe('an operator', () => {
  const initialPasswords = createInitialPasswords(TEST_SECRET);

  it('sets a password in all businesses of a person, and ends their sessions', async () => {
    const teams = [await createTeam(db.database), await createTeam(db.database)];
    const { email, memberId } = await somebody(...teams);
    const token = await logIn(email, OWN);
    const { logged } = await setPassword(db.database, email.toUpperCase(), NEXT);
    expect(logged.map(({ type }) => type)).toEqual(['sessions.ended', 'sessions.ended']);
    expect(await stateOf(token, teams[0]?.tenantId)).toBe('unauthenticated');
    expect(await testSessions(db.database).login(email, NEXT)).not.toHaveProperty('passwordChangeRequired');
    expect(await actionsOn(memberId)).toEqual([{ action: 'member.password_set', type: 'operator', by: null }]);
  });

  it('who sets the one that they have, ends nothing; so does who adds them to another business with it', async () => {
    const { email } = await somebody(await createTeam(db.database));
    const token = await logIn(email, OWN);
    expect((await setPassword(db.database, email, OWN)).logged).toEqual([]);
    const { tenantId } = await createTeam(db.database);
    const person = { tenantId, email, name: 'Pia', role: 'agent' } as const;
    await addMember(db.database, { ...person, password: OWN });
    expect(await stateOf(token, tenantId)).toBe('ok');
    const { tenantId: third } = await createTeam(db.database);
    await addMember(db.database, { ...person, tenantId: third, password: NEXT });
    expect(await stateOf(token, tenantId)).toBe('unauthenticated');
    expect(await stateOf(await logIn(email, NEXT), third)).toBe('ok');
  });

  it('gives an initial one, and is told of nobody and of one that is too short', async () => {
    const { email } = await somebody(await createTeam(db.database));
    const { password } = await giveInitialPassword(db.database, email, initialPasswords);
    expect(password).toMatch(/^([0-9a-z]{4}-){4}[0-9a-z]{4}$/);
    expect((await testSessions(db.database).login(email, password)).passwordChangeRequired).toBe(true);
    expect(await codeOf(setPassword(db.database, newEmail(), NEXT))).toBe('not_found');
    expect(await codeOf(setPassword(db.database, email, 'short'))).toBe('invalid_input');
  });
});
