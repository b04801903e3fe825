/** The small line in the corner of a bubble: imported, edited, time and delivery state. */
import type { ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { fullTime, timeOf } from './format.ts';
import { Ticks } from './ticks.tsx';

const STEPS = ['sent', 'delivered', 'read', 'played', 'failed'] as const;

/** Every delivery step with its time, for the tooltip. */
function history({ sentAt, editedAt, statusAt }: Message): string {
  const steps = STEPS.flatMap((step) => {
    const at = statusAt[step];
    return at === undefined ? [] : [`${step} ${fullTime(at)}`];
  });
  return [fullTime(sentAt), ...(editedAt === null ? [] : [`edited ${fullTime(editedAt)}`]), ...steps].join('\n');
}

/** The footer of one message. */
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
