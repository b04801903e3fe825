/** A team with one administrator, and helpers to manage it. */
import type { CommandInput } from '../../src/contract/commands.ts';
import { COMMANDS } from '../../src/contract/commands.ts';
import type { AddedMember, MemberDetails } from '../../src/contract/members.ts';
import type { Caller } from '../../src/inbox/command.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTeam, type Team } from './team.ts';

export interface Staff {
  readonly team: Team;
  readonly admin: Caller;
  readonly add: (over?: Partial<CommandInput<'member:add'>>) => Promise<AddedMember>;
  /** What `member:list` answers, checked against the contract. */
  readonly listed: (by?: Caller) => Promise<MemberDetails[]>;
}

export const newEmail = (): string => `${uuid7()}@example.test`;

export const aPerson = (over: Partial<CommandInput<'member:add'>> = {}): CommandInput<'member:add'> => ({
  ...{ email: newEmail(), displayName: 'Mo', role: 'agent' },
  ...over,
});

export async function createStaff(database: Database): Promise<Staff> {
  const team = await createTeam(database);
  const admin = await team.member('tenant_admin', 'Ada');
  return {
    ...{ team, admin },
    add: async (over) => (await team.execute('member:add', aPerson(over), admin)).data,
    listed: async (by = admin) => {
      const { data } = await team.execute('member:list', {}, by);
      return COMMANDS['member:list'].result.parse(data).items;
    },
  };
}

/** The code of a refusal, or `ok`. */
export const codeOf = (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => 'ok',
    (error: unknown) => (error as { code: string }).code,
  );
