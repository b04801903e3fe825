/** A poll and its current votes. */
import type { ReactNode } from 'react';
import type { Message } from '../../../../src/contract/message.ts';
import { Labelled } from './labelled.tsx';

/**
 * Each bar is relative to the sum of all votes, so that bars stay comparable when people may choose several options.
 */
export function Poll({ poll, text }: Pick<Message, 'poll' | 'text'>): ReactNode {
  const options = poll?.options ?? [];
  const sum = options.reduce((total, { votes }) => total + votes, 0);
  return (
    <Labelled icon="poll" label={poll?.multiple === true ? 'Poll · several answers' : 'Poll'}>
      <strong dir="auto">{poll?.question ?? text ?? 'A poll'}</strong>
      {options.map(({ name, votes }, index) => (
        <div key={index} className="poll-option">
          <span dir="auto">{name}</span>
          <span className="poll-votes">{votes}</span>
          <meter min={0} max={Math.max(1, sum)} value={votes} aria-label={`${name}: ${String(votes)} votes`} />
        </div>
      ))}
      <span className="faint">{sum === 1 ? '1 vote' : `${String(sum)} votes`}</span>
    </Labelled>
  );
}
