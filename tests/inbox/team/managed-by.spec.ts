/** Who may manage the team, and whom: never without an administrator, never in another tenant. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../../src/contract/entities.ts';
import type { MemberId } from '../../../src/contract/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { aPerson, codeOf, createStaff, newEmail, type Staff } from '../../support/staff.ts';
import { createTeam } from '../../support/team.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

const rolesNow = async ({ team, listed }: Staff): Promise<Record<string, Role>> =>
  Object.fromEntries((await listed(await team.member('super_admin'))).map(({ member }) => [member.id, member.role]));

describe('the last administrator', () => {
  it('is neither removed nor made anything else, by nobody', async () => {
    const { team, admin, add } = await createStaff(db.database);
    await add({ role: 'manager' });
    const platform = await team.member('super_admin');
    for (const by of [admin, platform]) {
      expect(await codeOf(team.execute('member:remove', { memberId: admin.memberId }, by))).toBe('conflict');
      const demotion = { memberId: admin.memberId, role: 'manager' } as const;
      expect(await codeOf(team.execute('member:set-role', demotion, by))).toBe('conflict');
    }
    await team.execute('member:set-role', { memberId: admin.memberId, role: 'tenant_admin' }, admin);
  });

  it('may go once there is another one; one who was removed does not count', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const { member } = await add({ role: 'tenant_admin' });
    await team.execute('member:remove', { memberId: member.id }, admin);
    const demotion = { memberId: admin.memberId, role: 'agent' } as const;
    expect(await codeOf(team.execute('member:set-role', demotion, admin))).toBe('conflict');
    await add({ role: 'tenant_admin' });
    expect((await team.execute('member:set-role', demotion, admin)).data.member.role).toBe('agent');
    expect(await codeOf(team.execute('member:list', {}, admin))).toBe('forbidden');
  });

  it('is left whoever of two acts at the same moment', async () => {
    const asks = [
      (memberId: MemberId) => ['member:set-role', { memberId, role: 'agent' }] as const,
      (memberId: MemberId) => ['member:remove', { memberId }] as const,
    ];
    for (let round = 0; round < 12; round += 1) {
      const staff = await createStaff(db.database);
      const { team, admin } = staff;
      const other = await team.member('tenant_admin', 'Bea');
      const ask = asks[round % asks.length]!;
      // Of each other in even rounds, of themselves in odd ones.
      const isMutual = round % 4 < 2;
      const codes = await Promise.all(
        [admin, other].map((by) => {
          const [name, input] = ask((by === admin) === isMutual ? other.memberId : admin.memberId);
          return codeOf(team.execute(name, input, by));
        }),
      );
      expect(codes.sort()[1]).toBe('ok');
      expect(['conflict', 'forbidden']).toContain(codes[0]);
      expect(Object.values(await rolesNow(staff)).filter((role) => role === 'tenant_admin')).toHaveLength(1);
    }
  });
});

describe('everybody else', () => {
  const NAMES = ['member:list', 'member:add', 'member:set-role', 'member:remove'] as const;
  const inputFor = (name: (typeof NAMES)[number], memberId: MemberId): Record<string, unknown> =>
    ({
      'member:list': {},
      'member:add': aPerson(),
      'member:set-role': { memberId, role: 'manager' },
      'member:remove': { memberId },
    })[name];

  it.each<[Role, boolean]>([
    ['agent', false],
    ['manager', false],
    ['tenant_admin', true],
    ['super_admin', true],
  ])('%s: may manage members is %s', async (role, may) => {
    const { team, add } = await createStaff(db.database);
    const caller = await team.member(role);
    const { member } = await add();
    for (const name of NAMES) {
      expect([name, await codeOf(team.execute(name, inputFor(name, member.id), caller))]).toEqual([
        name,
        may ? 'ok' : 'forbidden',
      ]);
    }
  });

  it('sees colleagues without their addresses', async () => {
    const { team, add } = await createStaff(db.database);
    const email = newEmail();
    await add({ email });
    const { data } = await team.execute('inbox:snapshot', {}, await team.member('agent'));
    expect(JSON.stringify(data)).toContain('"Mo"');
    expect(JSON.stringify(data)).not.toContain('@example.test');
  });

  it('of another tenant is not there: neither to be changed nor to be listed', async () => {
    const staff = await createStaff(db.database);
    const { team, add, listed } = staff;
    const { member } = await add();
    const stranger = await (await createTeam(db.database)).member('tenant_admin');
    for (const name of ['member:set-role', 'member:remove'] as const) {
      expect(await codeOf(team.execute(name, inputFor(name, member.id), stranger))).toBe('not_found');
    }
    expect(await listed(stranger)).toHaveLength(1);
    expect(await rolesNow(staff)).toMatchObject({ [member.id]: 'agent' });
  });

  it('who runs the platform is not touched, and nobody is made one', async () => {
    const { team, admin, add } = await createStaff(db.database);
    const { memberId } = await team.member('super_admin');
    for (const name of ['member:set-role', 'member:remove'] as const) {
      expect(await codeOf(team.execute(name, inputFor(name, memberId), admin))).toBe('forbidden');
    }
    const { member } = await add();
    const rise = { memberId: member.id, role: 'super_admin' };
    expect(await codeOf(team.execute('member:set-role', rise, admin))).toBe('invalid_input');
    expect(await codeOf(team.execute('member:add', { ...aPerson(), role: 'super_admin' }, admin))).toBe(
      'invalid_input',
    );
  });
});
