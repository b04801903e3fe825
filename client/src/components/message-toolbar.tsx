/** What can be done with a message: answer to it, react to it. Beside the bubble, on hover or with the keyboard. */
import type { ReactNode } from 'react';
import type { Message } from '../../../src/contract/entities.ts';
import { actions } from '../state/app.ts';
import { Icon } from './icons.tsx';
import { useMessageTools } from './message-tools.ts';
import { Palette } from './reactions.tsx';

interface ToolbarProps {
  readonly message: Message;
  readonly isPicking: boolean;
  readonly onPicking: (isPicking: boolean) => void;
}

function ReactButton({ message, isPicking, onPicking }: ToolbarProps): ReactNode {
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

/** Offers only what the number can do. */
export function MessageToolbar(props: ToolbarProps): ReactNode {
  const { message, isPicking, onPicking } = props;
  const { onReply, canReact, canQuote } = useMessageTools();
  return (
    <div
      className="tools"
      data-open={isPicking}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || !isPicking) return;
        event.stopPropagation();
        onPicking(false);
      }}
      onMouseLeave={() => {
        onPicking(false);
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
      {canReact ? <ReactButton {...props} /> : null}
    </div>
  );
}
