/** Dialog for giving a member a new initial password. */
import { useState, type ReactNode } from 'react';
import type { CommandId } from '../../../../src/contract/ids.ts';
import type { MemberDetails, ResetPassword } from '../../../../src/contract/members.ts';
import { Dialog } from '../../components/dialog.tsx';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions } from '../../state/app.ts';
import { DangerQuestion } from './danger-question.tsx';
import { InitialPassword } from './initial-password.tsx';

/** A retry after a lost answer uses the same command id, so the server returns the same password. */
function useReset({ member }: MemberDetails) {
  const [commandId] = useState(() => crypto.randomUUID() as CommandId);
  const [given, setGiven] = useState<ResetPassword | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const reset = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answer = await actions.administer('member:reset-password', { memberId: member.id, commandId });
    setBusy(false);
    if (answer.ok) setGiven(answer.data);
    else setProblem(refusalWords(answer.error));
  };
  return { given, problem, isBusy, reset };
}

interface ResetPasswordDialogProps {
  readonly details: MemberDetails;
  readonly onClose: () => void;
}

/** Asks first, then shows the new password. */
export function ResetPasswordDialog({ details, onClose }: ResetPasswordDialogProps): ReactNode {
  const { given, problem, isBusy, reset } = useReset(details);
  const name = details.member.displayName;
  return (
    <Dialog
      title={given === null ? `Give ${name} a new password?` : `A new password for ${name}`}
      testId="member-reset-form"
      isHeld={given?.initialPassword !== undefined}
      onClose={onClose}
    >
      {given === null ? (
        <DangerQuestion
          words={[
            `${name} is logged out everywhere at once, and the password they have opens nothing.`,
            'You hand the new one over. They choose another one when they log in with it.',
          ]}
          problem={problem}
          isBusy={isBusy}
          onClose={onClose}
          button="Give a new password"
          testId="reset"
          onConfirm={() => void reset()}
        />
      ) : (
        <InitialPassword
          given={given}
          email={details.email}
          otherwise={`The password of ${name} was changed again meanwhile.`}
          onDone={onClose}
        />
      )}
    </Dialog>
  );
}
