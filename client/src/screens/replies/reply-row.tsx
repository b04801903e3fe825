/** One row of the table of saved replies. */
import type { ReactNode } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { fullTime, listTime, shownName } from '../../components/format.ts';
import { Icon } from '../../components/icons.tsx';
import { serverNow } from '../../clock.ts';
import { useChanger } from './use-changer.ts';

interface ReplyRowProps {
  readonly reply: SavedReply;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

/** Shortcut, text, and who changed it when. */
export function ReplyRow({ reply, onEdit, onRemove }: ReplyRowProps): ReactNode {
  const { shortcut, text, files, updatedAt } = reply;
  const who = useChanger(reply);
  return (
    <tr data-testid="reply">
      <th scope="row" dir="auto" className="reply-name">
        /{shortcut}
      </th>
      <td dir="auto" title={text}>
        <span className="reply-text">{text}</span>
        <span className="reply-filenames">
          {files.map(({ id, filename }) => (
            <span key={id} className="reply-file">
              <Icon name="attach" size={13} />
              {shownName(filename)}
            </span>
          ))}
        </span>
      </td>
      <td title={fullTime(updatedAt)} data-testid="reply-changed-by">
        {who}
        <span className="faint reply-when">{listTime(updatedAt, serverNow())}</span>
      </td>
      <td>
        <div className="reply-acts">
          <button
            type="button"
            className="button"
            data-testid="reply-edit"
            aria-label={`Change /${shortcut}`}
            onClick={onEdit}
          >
            Change
          </button>
          <button
            type="button"
            className="button"
            data-testid="reply-remove"
            aria-label={`Remove /${shortcut}`}
            onClick={onRemove}
          >
            Remove
          </button>
        </div>
      </td>
    </tr>
  );
}
