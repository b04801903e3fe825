/** Announces new messages of the open thread to screen readers. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useApp } from '../state/app.ts';
import { summaryOf } from './summary.ts';

/** A hidden live region. */
export function Announcer({ threadId }: { readonly threadId: string }): ReactNode {
  const last = useApp((state) => {
    const timeline = state.machine.inbox.timelines.get(threadId);
    return timeline?.state === 'ready' ? timeline.messages.at(-1) : undefined;
  });
  const name = useApp((state) => state.machine.inbox.threads.get(threadId)?.contact.displayName ?? '');
  const known = useRef<string | undefined>(undefined);
  const [words, setWords] = useState('');
  useEffect(() => {
    if (last === undefined || last.id === known.current) return;
    if (known.current !== undefined && last.direction === 'inbound') setWords(`${name}: ${summaryOf(last)}`);
    known.current = last.id;
  }, [last, name]);
  return (
    <div className="hidden" aria-live="polite">
      {words}
    </div>
  );
}
