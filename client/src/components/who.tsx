/** Shows who else is here: colleagues viewing the thread, and anybody typing. */
import type { ReactNode } from 'react';
import { sameItems, useApp } from '../state/app.ts';
import type { AppState } from '../state/store.ts';
import { Avatar } from './avatar.tsx';

const nameOf = (state: AppState, memberId: string): string =>
  state.machine.inbox.members.get(memberId)?.displayName ?? 'A colleague';

/** Colleagues who have the thread open. A red ring means that they are replying. */
export function Viewing({ threadId }: { readonly threadId: string }): ReactNode {
  const viewers = useApp(
    (state) =>
      (state.volatile.viewing.get(threadId) ?? []).filter((viewer) => viewer.memberId !== state.machine.inbox.me),
    sameItems,
  );
  const members = useApp((state) => state.machine.inbox.members);
  if (viewers.length === 0) return null;
  return (
    <span className="viewing" data-testid="viewing">
      {viewers.slice(0, 4).map((viewer) => {
        const name = members.get(viewer.memberId)?.displayName ?? 'A colleague';
        return (
          <span key={viewer.memberId} className="viewer" data-state={viewer.state} title={`${name} is ${viewer.state}`}>
            <Avatar name={name} seed={viewer.memberId} size="small" />
            <span className="hidden">
              {name} is {viewer.state}
            </span>
          </span>
        );
      })}
      {viewers.length > 4 ? <span className="faint">+{viewers.length - 4}</span> : null}
    </span>
  );
}

/** The line above the composer that shows the customer or colleagues typing. Its height is always reserved. */
export function TypingIndicator({ threadId, name }: { readonly threadId: string; readonly name: string }): ReactNode {
  const names = useApp(
    (state) =>
      (state.volatile.typing.get(threadId) ?? [])
        .filter((typist) => typist.type === 'contact' || typist.id !== state.machine.inbox.me)
        .map((typist) => (typist.type === 'contact' ? name : nameOf(state, typist.id))),
    sameItems,
  );
  return (
    <div className="typing-line" aria-live="polite">
      {names.length === 0 ? null : (
        <span data-testid="typing-indicator">
          <span className="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {names.join(', ')} {names.length === 1 ? 'is' : 'are'} typing
        </span>
      )}
    </div>
  );
}
