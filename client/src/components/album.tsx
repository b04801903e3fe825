/** Pictures that were sent together, as one grid. */
import { memo, type ReactNode } from 'react';
import type { Message } from '../../../src/contract/message.ts';
import { Attachment } from './attachments/attachment.tsx';
import { Author, dataOf } from './message-bubble.tsx';
import { MessageFooter } from './message-footer.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { useMessageTools } from './message-tools.ts';
import { Reactions } from './reactions.tsx';
import { RichText } from './rich-text-view.tsx';

/** Number of pictures shown. The rest is behind the last one. */
const MAX_CELLS = 4;

interface CellProps {
  readonly message: Message;
  /** Number of pictures hidden behind this one. */
  readonly behind: number;
}

function More({ message, behind }: CellProps): ReactNode {
  const { onEnlarge } = useMessageTools();
  return (
    <button
      type="button"
      className="album-more"
      aria-label={`Show ${String(behind)} more`}
      onClick={() => {
        onEnlarge(message.id);
      }}
    >
      +{behind}
    </button>
  );
}

/** One picture with its tools and reactions. The cell with "+3" has no tools; they are available in the lightbox. */
function Cell({ message, behind }: CellProps): ReactNode {
  const { canReact } = useMessageTools();
  return (
    <div className="album-cell" {...dataOf(message)}>
      <Attachment message={message} isCell />
      {behind > 0 ? <More message={message} behind={behind} /> : <MessageToolbar message={message} />}
      <Reactions message={message} canReact={canReact} />
    </div>
  );
}

interface AlbumProps {
  /** At least two, oldest first. */
  readonly messages: readonly Message[];
  readonly isFirst: boolean;
}

/** The grid; below it the caption, the time, and reactions to pictures that are not shown. */
export const Album = memo(function Album({ messages, isFirst }: AlbumProps): ReactNode {
  const { canReact } = useMessageTools();
  const last = messages.at(-1);
  const shown = messages.slice(0, MAX_CELLS);
  const words = messages.find(({ text }) => text !== null)?.text ?? null;
  if (last === undefined) return null;
  return (
    <div
      className="message"
      data-testid="album"
      data-first={isFirst}
      data-direction={last.direction}
      data-status={last.status}
      data-message-ids={messages.map(({ id }) => id).join(' ')}
    >
      <div className="bubble-line">
        <div className="bubble">
          {isFirst ? <Author message={last} /> : null}
          <div
            className="album"
            data-count={shown.length}
            role="group"
            aria-label={`${String(messages.length)} pictures`}
          >
            {shown.map((message, index) => (
              <Cell
                key={message.id}
                message={message}
                behind={index === MAX_CELLS - 1 ? messages.length - MAX_CELLS : 0}
              />
            ))}
          </div>
          {words === null ? null : <RichText text={words} />}
          <MessageFooter message={last} />
        </div>
      </div>
      {messages.slice(MAX_CELLS).map((message) => (
        <Reactions key={message.id} message={message} canReact={canReact} />
      ))}
    </div>
  );
});
