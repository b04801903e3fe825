/** Giving a member another initial password. */
import { useState, type ReactNode } from 'react';
import type { CommandId } from '../../../../src/contract/ids.ts';
import type { MemberDetails, ResetPassword } from '../../../../src/contract/members.ts';
import { Dialog } from '../../components/dialog.tsx';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions } from '../../state/app.ts';
import { InitialPassword } from './initial-password.tsx';

/** Asked again after an answer that was lost, it is the same wish, and the same password is answered. */
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

interface QuestionProps {
  readonly details: MemberDetails;
  readonly resetting: ReturnType<typeof useReset>;
  readonly onClose: () => void;
}

function Question({ details, resetting: { problem, isBusy, reset }, onClose }: QuestionProps): ReactNode {
  return (
    <>
      <div className="member-question">
        <p>{details.member.displayName} is logged out everywhere at once, and the password they have opens nothing.</p>
        <p>You hand the new one over. They choose another one when they log in with it.</p>
      </div>
      {problem === null ? null : (
        <div className="bar" data-level="bad" role="alert">
          {problem}
        </div>
      )}
      <div className="composer-foot">
        <button type="button" className="button" data-testid="reset-keep" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-danger"
          data-testid="reset-confirmed"
          aria-disabled={isBusy}
          onClick={() => void reset()}
        >
          Give a new password
        </button>
      </div>
    </>
  );
}

interface ResetPasswordDialogProps {
  readonly details: MemberDetails;
  readonly onClose: () => void;
}

/** See above. */
export function ResetPasswordDialog({ details, onClose }: ResetPasswordDialogProps): ReactNode {
  const resetting = useReset(details);
  const { given } = resetting;
  const name = details.member.displayName;
  return (
    <Dialog
      title={given === null ? `Give ${name} a new password?` : `A new password for ${name}`}
      testId="member-reset-form"
      isHeld={given?.initialPassword !== undefined}
      onClose={onClose}
    >
      {given === null ? (
        <Question details={details} resetting={resetting} onClose={onClose} />
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
