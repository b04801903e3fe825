/** Shows how long a free reply is still possible: WhatsApp's 24-hour customer service window. */
import type { ReactNode } from 'react';
import type { Account, Thread } from '../../../src/contract/entities.ts';
import { serverNow } from '../clock.ts';
import { windowOf, type WindowState } from '../state/selectors.ts';
import { spanOf } from './format.ts';
import { Icon } from './icons.tsx';
import { useTick } from './use-tick.ts';

const TICK_MS = 5000;

/** The current window of a thread. */
export function useWindow(thread: Thread, account: Account | undefined): WindowState {
  useTick(TICK_MS);
  return windowOf(thread, account, serverNow());
}

/** Shows how much of the window is left: amber below two hours, red below fifteen minutes. */
export function WindowBadge({ window }: { readonly window: WindowState }): ReactNode {
  if (window.level === 'none') return null;
  return (
    <span
      className="window-state"
      data-testid="window-state"
      data-level={window.level}
      title="A free reply is possible for 24 hours after the customer's last message"
    >
      <Icon name="clock" size={14} />
      {window.level === 'closed' ? (
        '24-hour window closed'
      ) : (
        <span>
          <span className="window-words">Window closes in </span>
          {spanOf(window.leftMs)}
        </span>
      )}
    </span>
  );
}
