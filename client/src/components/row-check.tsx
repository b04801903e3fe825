/** The box over a conversation's picture in the list, to select it for changes of several at once. */
import { memo, type ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import { useRedraw } from './use-redraw.ts';

/** Shift also selects those in between. Selecting does not open a conversation. */
export const RowCheck = memo(function RowCheck({ threadId }: { readonly threadId: string }): ReactNode {
  const name = useApp(({ machine }) => machine.inbox.threads.get(threadId)?.contact.displayName);
  const isChecked = useApp(({ checked }) => checked.ids.has(threadId));
  const redraw = useRedraw();
  if (name === undefined) return null;
  return (
    <input
      type="checkbox"
      className="row-check"
      data-testid="row-check"
      aria-label={`Select ${name}`}
      title="Select (X)"
      checked={isChecked}
      onChange={({ nativeEvent }) => {
        const isRange = nativeEvent instanceof MouseEvent && nativeEvent.shiftKey;
        if (isRange) actions.checkUpTo(threadId);
        else actions.toggleChecked(threadId);
        redraw();
      }}
    />
  );
});
