/** Asks which tags to add to the selected conversations and which to remove from them. */
import { useId, useState, type ReactNode } from 'react';
import { sameItems, useApp } from '../../state/app.ts';
import type { TagChange } from '../../sync/thread-changes.ts';
import { Dialog } from '../../components/dialog.tsx';
import { MAX_TAG } from '../../components/tag-editor.tsx';

/** The server removes at most so many with one command. */
const MOST_REMOVED = 20;

interface TagsDialogProps {
  readonly count: number;
  readonly onChange: (change: TagChange) => void;
  readonly onClose: () => void;
}

/** The tags of the selected conversations, each once. */
function useTheirTags(): readonly string[] {
  return useApp(({ checked, machine }) => {
    const tags = [...checked.ids].flatMap((id) => machine.inbox.threads.get(id)?.tags ?? []);
    return [...new Set(tags)].sort((a, b) => a.localeCompare(b));
  }, sameItems);
}

interface RemoveProps {
  readonly tags: readonly string[];
  readonly removed: ReadonlySet<string>;
  readonly onToggle: (tag: string) => void;
}

function Remove({ tags, removed, onToggle }: RemoveProps): ReactNode {
  if (tags.length === 0) return null;
  return (
    <fieldset className="tag-boxes">
      <legend>Remove</legend>
      {tags.map((tag) => (
        <label key={tag} className="check">
          <input
            type="checkbox"
            checked={removed.has(tag)}
            data-testid="checked-tag"
            onChange={() => {
              onToggle(tag);
            }}
          />
          {tag}
        </label>
      ))}
    </fieldset>
  );
}

function problemOf(remove: readonly string[]): string | null {
  return remove.length > MOST_REMOVED ? `Remove at most ${String(MOST_REMOVED)} tags at once.` : null;
}

function Add({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }): ReactNode {
  const known = useApp((state) => state.machine.inbox.tags);
  const listId = useId();
  return (
    <>
      <label className="field">
        <span>Add</span>
        <input
          value={text}
          maxLength={MAX_TAG}
          list={listId}
          placeholder="A tag"
          data-testid="checked-tag-add"
          onChange={(event) => {
            onText(event.target.value);
          }}
        />
      </label>
      <datalist id={listId}>
        {known.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </>
  );
}

/** One tag to add, and those they have to choose from for removal. */
export function TagsDialog({ count, onChange, onClose }: TagsDialogProps): ReactNode {
  const [text, setText] = useState('');
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  const theirs = useTheirTags();
  const add = text.trim() === '' ? [] : [text.trim()];
  const remove = theirs.filter((tag) => removed.has(tag));
  const problem = problemOf(remove);
  const mayChange = add.length + remove.length > 0 && problem === null;
  const toggle = (tag: string): void => {
    setRemoved(new Set(removed.has(tag) ? [...removed].filter((one) => one !== tag) : [...removed, tag]));
  };
  return (
    <Dialog
      title={`Tags of ${count === 1 ? '1 conversation' : `${String(count)} conversations`}`}
      testId="checked-tags-dialog"
      onClose={onClose}
    >
      <form
        className="sheet"
        onSubmit={(event) => {
          event.preventDefault();
          if (!mayChange) return;
          onChange({ add, remove });
          onClose();
        }}
      >
        <div className="sheet-body">
          <Add text={text} onText={setText} />
          <Remove tags={theirs} removed={removed} onToggle={toggle} />
        </div>
        <div className="composer-foot">
          <span role="status">{problem}</span>
          <button type="submit" className="button button-primary" data-testid="checked-tags-save" disabled={!mayChange}>
            Change
          </button>
        </div>
      </form>
    </Dialog>
  );
}
