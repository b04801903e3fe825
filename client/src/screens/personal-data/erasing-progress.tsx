/** Shows how far an erasure has come. */
import { useEffect, useRef, type ReactNode } from 'react';
import type { Erasure } from '../../../../src/contract/personal-data.ts';
import { fullTime } from '../../components/format.ts';

/** What is being erased, by the server's stage name. Stages unknown to this release are not shown. */
const STAGES: Readonly<Record<string, string>> = {
  messages: 'messages',
  elsewhere: 'what they wrote in groups',
  notes: 'notes',
  events: 'what screens were told',
  commands: 'answers to commands',
  letters: 'what could not be read',
  arrivals: 'what was on its way when you asked',
  journal: 'raw webhooks',
  files: 'files',
};

const messagesOf = (messages: number): string =>
  `${messages.toLocaleString()} ${messages === 1 ? 'message' : 'messages'}`;

function wordsOf({ finishedAt, stage, messages }: Erasure): string {
  if (finishedAt !== null) return `Erased: ${messagesOf(messages)}, and all else that this inbox had of them.`;
  const now = STAGES[stage];
  return `Erasing … ${messagesOf(messages)} so far.${now === undefined ? '' : ` Now: ${now}.`}`;
}

interface ErasingProgressProps {
  readonly erasure: Erasure;
  readonly onDone: () => void;
}

/** Replaces the question and takes over its focus. */
export function ErasingProgress({ erasure, onDone }: ErasingProgressProps): ReactNode {
  const words = useRef<HTMLDivElement>(null);
  useEffect(() => words.current?.focus(), []);
  const isThrough = erasure.finishedAt !== null;
  return (
    <div ref={words} className="erasing" tabIndex={-1} data-testid="erasing" data-through={isThrough}>
      <div className="personal-words">
        <p>Nobody sees them or their conversations any more.</p>
        <p role="status" data-testid="erasing-said">
          {wordsOf(erasure)}
        </p>
        {isThrough ? null : (
          <p className="faint">
            It goes on by itself when you close this window: mostly for a minute, until{' '}
            {fullTime(erasure.erasedFullyBy)} at the latest.
          </p>
        )}
      </div>
      <div className="composer-foot">
        <span />
        <button type="button" className="button button-primary" data-testid="erasing-done" onClick={onDone}>
          {isThrough ? 'Done' : 'Close'}
        </button>
      </div>
    </div>
  );
}
