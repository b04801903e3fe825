/** The small line in the corner of a bubble: edited, when, how far it came. */
import type { ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { fullTime, timeOf } from './format.ts';
import { Ticks } from './ticks.tsx';

const STEPS = ['sent', 'delivered', 'read', 'played', 'failed'] as const;

/** Every step with its time, for whoever wants to know exactly. */
function history({ sentAt, editedAt, statusAt }: Message): string {
  const steps = STEPS.flatMap((step) => {
    const at = statusAt[step];
    return at === undefined ? [] : [`${step} ${fullTime(at)}`];
  });
  return [fullTime(sentAt), ...(editedAt === null ? [] : [`edited ${fullTime(editedAt)}`]), ...steps].join('\n');
}

/** See above. */
export function MessageFooter({ message }: { readonly message: Message }): ReactNode {
  return (
    <span className="footer" title={history(message)}>
      {message.backlog === true ? <span>imported</span> : null}
      {message.editedAt === null || message.revokedAt !== null ? null : <span>edited</span>}
      <time dateTime={message.sentAt}>{timeOf(message.sentAt)}</time>
      {message.direction === 'outbound' ? <Ticks status={message.status} /> : null}
    </span>
  );
}
