/** An internal note in the timeline, in amber. */
import { memo, type ReactNode } from 'react';
import type { Note } from '../../../src/contract/entities.ts';
import { useApp } from '../state/app.ts';
import { fullTime, timeOf } from './format.ts';
import { Icon } from './icons.tsx';
import { RichText } from './rich-text-view.tsx';

/** Only colleagues see notes; the customer never does. */
export const NoteCard = memo(function NoteCard({ note }: { readonly note: Note }): ReactNode {
  const author = useApp((state) => state.machine.inbox.members.get(note.authorId)?.displayName);
  return (
    <div className="note" data-testid="note" data-note-id={note.id}>
      <div className="note-head">
        <Icon name="lock" size={14} />
        <strong>{author ?? 'Former colleague'}</strong>
        <span>internal note</span>
        <time dateTime={note.createdAt} title={fullTime(note.createdAt)}>
          {timeOf(note.createdAt)}
        </time>
      </div>
      <RichText text={note.text} />
    </div>
  );
});
