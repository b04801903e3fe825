/** One row of the members table: name, role and presence. */
import { useState, type ReactNode } from 'react';
import type { MemberDetails, TeamRole } from '../../../../src/contract/members.ts';
import { Avatar } from '../../components/avatar.tsx';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions, useApp } from '../../state/app.ts';
import { presenceOf } from '../../state/team.ts';
import { ROLES, STATES } from '../../components/member-words.ts';
import { RoleSelect } from './role-select.tsx';

/** Steps that need confirmation, because the same person cannot undo them, or nobody can. */
export type ToConfirm = { readonly what: 'remove' } | { readonly what: 'step-down'; readonly role: TeamRole };

interface MemberRowProps {
  readonly details: MemberDetails;
  readonly onConfirm: (step: ToConfirm) => void;
  readonly onReset: () => void;
  /** Shows the outcome of a change. */
  readonly onOutcome: (words: string, level: 'good' | 'bad') => void;
}

function useRole({ details, onConfirm, onOutcome }: MemberRowProps, isMe: boolean) {
  const [chosen, setChosen] = useState<TeamRole | null>(null);
  const { id: memberId, displayName, role: present } = details.member;
  return {
    chosen,
    choose: async (role: TeamRole): Promise<void> => {
      if (isMe && present === 'tenant_admin') {
        onConfirm({ what: 'step-down', role });
        return;
      }
      setChosen(role);
      const answer = await actions.administer('member:set-role', { memberId, role });
      setChosen(null);
      if (answer.ok) onOutcome(`${displayName}: ${ROLES[role]} now.`, 'good');
      else onOutcome(refusalWords(answer.error), 'bad');
    },
  };
}

interface ActsProps extends Pick<MemberRowProps, 'onConfirm' | 'onReset'> {
  readonly name: string;
  readonly isMe: boolean;
}

/** Nobody resets their own password here; they change it with the current one. */
function Acts({ name, isMe, onConfirm, onReset }: ActsProps): ReactNode {
  return (
    <div className="member-acts">
      {isMe ? null : (
        <button
          type="button"
          className="button"
          data-testid="member-reset"
          aria-label={`New password for ${name}`}
          onClick={onReset}
        >
          New password
        </button>
      )}
      <button
        type="button"
        className="button"
        data-testid="member-remove"
        aria-label={`Remove ${name}`}
        onClick={() => {
          onConfirm({ what: 'remove' });
        }}
      >
        Remove
      </button>
    </div>
  );
}

/** The row of one member. The platform's own members are managed elsewhere. */
export function MemberRow(props: MemberRowProps): ReactNode {
  const { details, onConfirm, onReset } = props;
  const { member, email } = details;
  const presence = useApp((state) => presenceOf(state, member.id));
  const isMe = useApp((state) => state.me?.member.id === member.id);
  const { chosen, choose } = useRole(props, isMe);
  return (
    <tr data-testid="member">
      <th scope="row" className="member-name">
        <Avatar name={member.displayName} seed={member.id} size="small" presence={presence} />
        <span className="member-words">
          <span className="member-line">
            {member.displayName} {isMe ? <span className="faint">(you)</span> : null}
          </span>
        </span>
      </th>
      <td className="member-email" title={email}>
        {email}
      </td>
      <td>
        {member.role === 'super_admin' ? (
          ROLES[member.role]
        ) : (
          <RoleSelect
            value={chosen ?? member.role}
            label={`Role of ${member.displayName}`}
            isBusy={chosen !== null}
            onChoose={(role) => void choose(role)}
          />
        )}
      </td>
      <td data-testid="member-state">{STATES[presence]}</td>
      <td>
        {member.role === 'super_admin' ? null : (
          <Acts name={member.displayName} isMe={isMe} onConfirm={onConfirm} onReset={onReset} />
        )}
      </td>
    </tr>
  );
}
