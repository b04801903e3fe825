/** A question before a member loses something, with buttons to confirm and cancel. */
import type { ReactNode } from 'react';

interface DangerQuestionProps {
  readonly words: readonly string[];
  /** Why it failed; null if it has not. */
  readonly problem: string | null;
  readonly button: string;
  readonly isBusy: boolean;
  /** Prefix of the buttons' test ids. */
  readonly testId: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** The body of the dialog. */
export function DangerQuestion(props: DangerQuestionProps): ReactNode {
  const { words, problem, button, isBusy, testId, onConfirm, onClose } = props;
  return (
    <>
      <div className="member-question">
        {words.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
      {problem === null ? null : (
        <div className="bar" data-level="bad" role="alert">
          {problem}
        </div>
      )}
      <div className="composer-foot">
        <button type="button" className="button" data-testid={`${testId}-keep`} onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-danger"
          data-testid={`${testId}-confirmed`}
          aria-disabled={isBusy}
          onClick={onConfirm}
        >
          {button}
        </button>
      </div>
    </>
  );
}
