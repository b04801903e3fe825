/** Asks for confirmation before a member is removed or an administrator gives up that role. */
import { useState, type ReactNode } from 'react';
import type { MemberDetails } from '../../../../src/contract/members.ts';
import { Dialog } from '../../components/dialog.tsx';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions, useApp } from '../../state/app.ts';
import { DangerQuestion } from './danger-question.tsx';
import type { ToConfirm } from './member-row.tsx';
import { ROLES } from '../../components/member-words.ts';

interface ConfirmDialogProps {
  readonly details: MemberDetails;
  readonly step: ToConfirm;
  readonly onDone: (words: string) => void;
  readonly onClose: () => void;
}

interface Question {
  readonly title: string;
  readonly words: readonly string[];
  readonly button: string;
  readonly done: string;
}

function conversations(open: number): string {
  if (open === 0) return 'No open conversation is assigned to them.';
  if (open === 1) return 'Their open conversation becomes unassigned, for somebody else to take.';
  return `Their ${String(open)} open conversations become unassigned, for others to take.`;
}

function questionOf({ displayName }: MemberDetails['member'], step: ToConfirm, open: number, isMe: boolean): Question {
  if (step.what === 'step-down') {
    return {
      title: 'Give up administration?',
      words: [`Your role becomes ${ROLES[step.role]}. Only another administrator can take that back.`],
      button: `Become ${ROLES[step.role]}`,
      done: `Your role is ${ROLES[step.role]} now.`,
    };
  }
  return {
    title: isMe ? 'Leave the team?' : `Remove ${displayName}?`,
    words: [
      isMe ? 'You are logged out at once.' : `${displayName} is logged out at once.`,
      conversations(open),
      'What they wrote stays. They can be added again later.',
    ],
    button: isMe ? 'Leave' : 'Remove',
    done: `${displayName} is no longer a member.`,
  };
}

/** The question about one step. */
export function ConfirmDialog({ details, step, onDone, onClose }: ConfirmDialogProps): ReactNode {
  const { id: memberId } = details.member;
  const open = useApp((state) => state.machine.inbox.members.get(memberId)?.activeThreads ?? 0);
  const isMe = useApp((state) => state.me?.member.id === memberId);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { title, words, button, done } = questionOf(details.member, step, open, isMe);
  const act = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const answer =
      step.what === 'remove'
        ? await actions.administer('member:remove', { memberId })
        : await actions.administer('member:set-role', { memberId, role: step.role });
    setBusy(false);
    if (answer.ok) onDone(done);
    else setProblem(refusalWords(answer.error));
  };
  return (
    <Dialog title={title} testId="member-confirm" onClose={onClose}>
      <DangerQuestion
        words={words}
        problem={problem}
        button={button}
        isBusy={isBusy}
        onClose={onClose}
        testId="member"
        onConfirm={() => void act()}
      />
    </Dialog>
  );
}
