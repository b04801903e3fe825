/** One small line below the text field: what Enter does, or what prevents sending. */
import type { ReactNode } from 'react';
import { useApp } from '../../state/app.ts';
import { MOST_NAMED } from '../../../../src/contract/count-limit.ts';
import type { Mode } from './composer-tabs.tsx';

const NEAR_LIMIT = 200;

interface HintProps {
  /** Characters that may still be typed; negative when there are too many. */
  readonly left: number;
  /** How many colleagues the note mentions. */
  readonly named: number;
  readonly mode: Mode;
  readonly hasFiles: boolean;
}

/** The line below the text field. */
export function Hint({ left, named, mode, hasFiles }: HintProps): ReactNode {
  const isOffline = useApp((state) => state.machine.phase === 'offline');
  if (left < NEAR_LIMIT) {
    return (
      <span data-level={left < 0 ? 'bad' : 'warn'}>
        {left < 0 ? `${String(-left)} characters too many` : `${String(left)} left`}
      </span>
    );
  }
  if (named > MOST_NAMED) {
    return (
      <span data-level="bad">{`A note names ${String(MOST_NAMED)} colleagues at most, this one ${String(named)}`}</span>
    );
  }
  if (isOffline) {
    const willBe = mode === 'note' ? 'saved' : hasFiles ? 'uploaded' : 'sent';
    return <span data-level="warn">Offline: {willBe} once you are back</span>;
  }
  if (mode === 'note') return <span>Only your team sees this</span>;
  return (
    <span>
      Enter sends<span className="hint-more">, Shift+Enter: new line</span>
    </span>
  );
}
