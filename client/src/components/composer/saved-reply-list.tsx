/** The list of saved replies, each as it would be inserted. */
import type { ReactNode } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { fitFile, type FileAbility } from '../../sync/file-limits.ts';
import { filesOf } from '../../sync/stored-file.ts';
import { shownName } from '../format.ts';
import { Icon } from '../icons.tsx';
import { PickList } from '../pick-list.tsx';
import { filled, type Filling } from './saved-reply.ts';
import type { Choice } from '../use-choice.ts';

/** More than this of a text is never in sight. */
const SHOWN_CHARS = 400;

interface SavedReplyListProps {
  readonly choice: Choice<SavedReply>;
  readonly filling: Filling;
  /** What the number takes; null where no files are attached. */
  readonly can: FileAbility | null;
}

/** The names of the files that come with a reply; of those that cannot be sent, that they cannot. */
function Files({ reply, can }: { readonly reply: SavedReply; readonly can: FileAbility }): ReactNode {
  return (
    <span className="reply-filenames">
      {filesOf(reply).map((file) => {
        const isRefused = !fitFile(file, can).ok;
        return (
          <span key={file.id} className="reply-file" data-refused={isRefused}>
            <Icon name={isRefused ? 'ban' : 'attach'} size={13} />
            {shownName(file.name)}
            {isRefused ? ': not with this number' : ''}
          </span>
        );
      })}
    </span>
  );
}

/** Absent when nothing matches. */
export function SavedReplyList({ choice, filling, can }: SavedReplyListProps): ReactNode {
  return (
    <PickList
      choice={choice}
      label="Saved replies"
      does="inserts"
      testId="saved-reply"
      nameOf={({ shortcut }) => shortcut}
      draw={(reply) => (
        <span className="reply-option">
          <strong dir="auto">/{reply.shortcut}</strong>
          <span className="reply-preview" dir="auto">
            {filled(reply.text, filling).slice(0, SHOWN_CHARS)}
          </span>
          {can === null ? null : <Files reply={reply} can={can} />}
        </span>
      )}
    />
  );
}
