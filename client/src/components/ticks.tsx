/** The delivery state of a message as an icon, with a text for screen readers. */
import type { ReactNode } from 'react';
import type { MessageStatus } from '../../../src/contract/message.ts';

const WORDS: Readonly<Record<MessageStatus, string>> = {
  received: 'Received',
  queued: 'Waiting to be sent',
  sending: 'Being sent',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  played: 'Played',
  failed: 'Not sent',
  unknown: 'May not have been sent',
};

const ONE = 'M3.500 8.500l3 3 6-7';
const TWO = 'M1.500 8.500l3 3 6-7M7.800 10.800l.8.7 6-7';
const CLOCK = 'M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM8 5v3.200l2 1.200';
const ALERT = 'M8 4v5M8 11.600v.2';
const QUESTION = 'M6 6.200c.1-1.300.9-2 2-2s2 .7 2 1.900c0 1.500-2 1.500-2 3M8 11.700v.1';

const MARKS: Readonly<Record<MessageStatus, string | null>> = {
  received: null,
  queued: CLOCK,
  sending: CLOCK,
  sent: ONE,
  delivered: TWO,
  read: TWO,
  played: TWO,
  failed: ALERT,
  unknown: QUESTION,
};

/** The icon of an outbound message; nothing for an inbound one. */
export function Ticks({ status }: { readonly status: MessageStatus }): ReactNode {
  const path = MARKS[status];
  if (path === null) return null;
  return (
    <span className="ticks" data-status={status} title={WORDS[status]}>
      <svg width="16" height="16" viewBox="0 0 16 16" role="img" aria-label={WORDS[status]}>
        <path d={path} />
      </svg>
    </span>
  );
}
