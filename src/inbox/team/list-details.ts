/** `member:list`: the whole team with what only administrators see. */
import type { MemberDetails } from '../../contract/members.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';
import { withState } from './members.ts';
import { assertManagesMembers } from './team-lock.ts';

/** Live members by name. Indexes: tenant_members primary key, those of team_addresses. Lock: none. */
async function selectDetails(tx: Tx, tenantId: string): Promise<MemberDetails[]> {
  return tx<MemberDetails[]>`
    select e.entity as member, a.email, iso(m.created_at) as "addedAt"
    from tenant_members m
    join member_entities e on e.tenant_id = m.tenant_id and e.id = m.id
    join team_addresses() a on a.member_id = m.id
    where m.tenant_id = ${tenantId} and m.removed_at is null order by m.display_name, m.id`;
}

/** Throws forbidden. */
export const listMemberDetails: Command<'member:list'> = {
  name: 'member:list',
  access: 'read',
  async run(context) {
    assertManagesMembers(context);
    const { tx, caller, presence } = context;
    const rows = await selectDetails(tx, caller.tenantId);
    const states = await presence.states(caller.tenantId);
    return { data: { items: rows.map((row) => ({ ...row, member: withState(row.member, states) })) } };
  },
};
