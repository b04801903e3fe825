/** Buttons to reply or react to a message, or to leave it for later. They appear next to it on hover or by keyboard. */
import { useState, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { actions } from '../state/app.ts';
import { canBeUnread } from '../state/reading.ts';
import { Icon } from './icons.tsx';
import { useMessageTools } from './message-tools.ts';
import { putAside } from './put-aside.ts';
import { Palette } from './reactions.tsx';

interface ReactButtonProps {
  readonly message: Message;
  readonly isPicking: boolean;
  readonly onPicking: (isPicking: boolean) => void;
}

function ReactButton({ message, isPicking, onPicking }: ReactButtonProps): ReactNode {
  return (
    <>
      <button
        type="button"
        title="React"
        aria-label="React"
        aria-expanded={isPicking}
        onClick={() => {
          onPicking(!isPicking);
        }}
      >
        <Icon name="smile" size={16} />
      </button>
      {isPicking ? (
        <Palette
          label="React"
          onPick={(emoji) => {
            onPicking(false);
            actions.react(message.threadId, message.id, emoji);
          }}
        />
      ) : null}
    </>
  );
}

interface ToolbarProps {
  readonly message: Message;
  /** More buttons. */
  readonly children?: ReactNode;
}

/** Offers only what the number supports. */
export function MessageToolbar({ message, children }: ToolbarProps): ReactNode {
  const [isPicking, setPicking] = useState(false);
  const { onReply, canReact, canQuote } = useMessageTools();
  return (
    <div
      className="tools"
      data-open={isPicking}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isPicking) return;
        // Close only the palette.
        event.stopPropagation();
        event.preventDefault();
        setPicking(false);
      }}
      onMouseLeave={() => {
        setPicking(false);
      }}
    >
      {canQuote ? (
        <button
          type="button"
          title="Reply to this message"
          aria-label="Reply to this message"
          onClick={() => {
            onReply(message);
          }}
        >
          <Icon name="reply" size={16} />
        </button>
      ) : null}
      {canReact ? <ReactButton message={message} isPicking={isPicking} onPicking={setPicking} /> : null}
      {canBeUnread(message) ? (
        <button
          type="button"
          title="Mark unread from here, and close the conversation"
          aria-label="Mark unread from here"
          onClick={() => {
            putAside(message.threadId, message.id);
          }}
        >
          <Icon name="unread" size={16} />
        </button>
      ) : null}
      {children}
    </div>
  );
}
