/** A select for the roles that an administrator can assign. */
import type { ReactNode } from 'react';
import type { TeamRole } from '../../../../src/contract/members.ts';
import { ROLES, TEAM_ROLES } from '../../components/member-words.ts';

interface RoleSelectProps {
  readonly value: TeamRole;
  readonly label?: string;
  readonly isBusy?: boolean;
  readonly onChoose: (role: TeamRole) => void;
}

/** Without `label`, it must be inside a label element. */
export function RoleSelect({ value, label, isBusy = false, onChoose }: RoleSelectProps): ReactNode {
  return (
    <select
      value={value}
      aria-label={label}
      data-testid="member-role"
      disabled={isBusy}
      onChange={(event) => {
        onChoose(event.target.value as TeamRole);
      }}
    >
      {Object.keys(TEAM_ROLES).map((role) => (
        <option key={role} value={role}>
          {ROLES[role as TeamRole]}
        </option>
      ))}
    </select>
  );
}
