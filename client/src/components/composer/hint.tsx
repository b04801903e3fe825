/** One quiet line below the text: what Enter does, or what is in the way. */
import type { ReactNode } from 'react';
import { useApp } from '../../state/app.ts';
import type { Mode } from './composer-tabs.tsx';

const NEAR_LIMIT = 200;

interface HintProps {
  /** Characters that may still be typed; negative when there are too many. */
  readonly left: number;
  readonly mode: Mode;
  readonly hasFiles: boolean;
}

/** See above. */
export function Hint({ left, mode, hasFiles }: HintProps): ReactNode {
  const isOffline = useApp((state) => state.machine.phase === 'offline');
  if (left < NEAR_LIMIT) {
    return (
      <span data-level={left < 0 ? 'bad' : 'warn'}>
        {left < 0 ? `${String(-left)} characters too many` : `${String(left)} left`}
      </span>
    );
  }
  if (isOffline) {
    return <span data-level="warn">Offline: {hasFiles ? 'uploaded' : 'sent'} once you are back</span>;
  }
  return <span>{mode === 'note' ? 'Only your team sees this' : 'Enter sends, Shift+Enter: new line'}</span>;
}
