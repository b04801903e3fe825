/** Dialog for exporting everything stored about a customer. */
import { useState, type ReactNode } from 'react';
import type { Contact } from '../../../../src/contract/entities.ts';
import { serverNow } from '../../clock.ts';
import { Dialog } from '../../components/dialog.tsx';
import { useExport, type ExportStep } from './use-export.ts';

const amount = (records: number): string => `${records.toLocaleString()} ${records === 1 ? 'record' : 'records'}`;

/** The file name: the customer's name and today's date. */
const filenameOf = ({ displayName }: Contact): string =>
  `${displayName} ${new Date(serverNow()).toISOString().slice(0, 10)}.ndjson`;

function wordsOf({ state, records }: ExportStep, filename: string): string {
  if (state === 'running') return `Exporting … ${amount(records)} so far.`;
  return state === 'done' ? `Done: ${amount(records)}, in “${filename}”.` : '';
}

function Outcome({ step, filename }: { readonly step: ExportStep; readonly filename: string }): ReactNode {
  return (
    <>
      <p className="personal-said" role="status" data-testid="export-said">
        {wordsOf(step, filename)}
      </p>
      {step.words === null ? null : (
        <div className="bar" data-level="bad" role="alert" data-testid="export-problem">
          Stopped after {amount(step.records)}, and nothing was saved. {step.words}
        </div>
      )}
    </>
  );
}

interface ExportDialogProps {
  readonly contact: Contact;
  readonly onClose: () => void;
}

/** Closing the dialog stops the export. */
export function ExportDialog({ contact, onClose }: ExportDialogProps): ReactNode {
  const [filename] = useState(() => filenameOf(contact));
  const { step, run } = useExport(contact, filename);
  const isDone = step.state === 'done';
  const isRunning = step.state === 'running';
  return (
    <Dialog title={`Export ${contact.displayName}`} testId="export" onClose={onClose}>
      <div className="personal-words">
        <p>A file with all that this inbox has of them, to be handed to who asks for it:</p>
        <ul>
          <li>name, number and every other address,</li>
          <li>conversations, messages, notes, and what they wrote in groups,</li>
          <li>who did what with them, this export included.</li>
        </ul>
        <p>One JSON document a line. Photos and other files are links, which members of the team can fetch.</p>
      </div>
      <Outcome step={step} filename={filename} />
      <div className="composer-foot">
        {isDone ? <span /> : null}
        <button type="button" className="button" data-testid="export-close" onClick={onClose}>
          {isDone ? 'Close' : 'Cancel'}
        </button>
        {isDone ? null : (
          <button
            type="button"
            className="button button-primary"
            data-testid="export-start"
            aria-disabled={isRunning}
            onClick={() => {
              if (!isRunning) void run();
            }}
          >
            {step.state === 'failed' ? 'Go on' : 'Export'}
          </button>
        )}
      </div>
    </Dialog>
  );
}
