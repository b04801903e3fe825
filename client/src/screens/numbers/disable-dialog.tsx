/** Asks for confirmation before a number is taken out of use. */
import type { ReactNode } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { DangerQuestion } from '../members/danger-question.tsx';

const WORDS = ['Nothing is sent through it until it is used again. Messages to it are kept.'];

interface DisableDialogProps {
  readonly name: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** The card shows how it went. */
export function DisableDialog({ name, onConfirm, onClose }: DisableDialogProps): ReactNode {
  return (
    <Dialog title={`Take ${name} out of use?`} testId="number-confirm" onClose={onClose}>
      <DangerQuestion
        words={WORDS}
        problem={null}
        button="Take out of use"
        isBusy={false}
        testId="number-off"
        onConfirm={() => {
          onConfirm();
          onClose();
        }}
        onClose={onClose}
      />
    </Dialog>
  );
}
