/** Asks for confirmation before a saved reply is removed. */
import { useState, type ReactNode } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { Dialog } from '../../components/dialog.tsx';
import { shownName } from '../../components/format.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions } from '../../state/app.ts';
import { DangerQuestion } from '../members/danger-question.tsx';

/** More than this need not be read to know which reply it is. */
const EXCERPT_CHARS = 300;

interface RemoveReplyProps {
  readonly reply: SavedReply;
  readonly onRemoved: () => void;
  readonly onClose: () => void;
}

/** The beginning of its text, and the names of its files. */
function partsOf({ text, files }: SavedReply): readonly string[] {
  const excerpt = text.length <= EXCERPT_CHARS ? text : `${text.slice(0, EXCERPT_CHARS)}…`;
  const names = files.map(({ filename }) => shownName(filename)).join(', ');
  return names === '' ? [excerpt] : [excerpt, names];
}

/** Removes what is on screen: if somebody changed it meanwhile, the question stays, about the reply as it is now. */
export function RemoveReply({ reply, onRemoved, onClose }: RemoveReplyProps): ReactNode {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const remove = async (): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    const which = { savedReplyId: reply.id, expectedVersion: reply.version };
    const answer = await actions.administer('saved-reply:remove', which);
    setBusy(false);
    if (answer.ok) onRemoved();
    else setProblem(refusalWords(answer.error));
  };
  return (
    <Dialog title={`Remove /${reply.shortcut}?`} testId="reply-confirm" onClose={onClose}>
      <DangerQuestion
        words={['Nobody finds it any more. What was sent with it stays.', ...partsOf(reply)]}
        problem={problem}
        isBusy={isBusy}
        onClose={onClose}
        button="Remove"
        testId="reply"
        onConfirm={() => void remove()}
      />
    </Dialog>
  );
}
