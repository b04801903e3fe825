/** The list of saved replies, each as it would be inserted. */
import type { ReactNode } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { PickList } from '../pick-list.tsx';
import { filled, type Filling } from './saved-reply.ts';
import type { Choice } from '../use-choice.ts';

/** More than this of a text is never in sight. */
const SHOWN_CHARS = 400;

interface SavedReplyListProps {
  readonly choice: Choice<SavedReply>;
  readonly filling: Filling;
}

/** Absent when nothing matches. */
export function SavedReplyList({ choice, filling }: SavedReplyListProps): ReactNode {
  return (
    <PickList
      choice={choice}
      label="Saved replies"
      does="inserts"
      testId="saved-reply"
      nameOf={({ shortcut }) => shortcut}
      draw={({ shortcut, text }) => (
        <span className="reply-option">
          <strong dir="auto">/{shortcut}</strong>
          <span className="reply-preview" dir="auto">
            {filled(text, filling).slice(0, SHOWN_CHARS)}
          </span>
        </span>
      )}
    />
  );
}
