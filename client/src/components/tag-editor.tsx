/** A thread's tags: remove with a click, add by typing. */
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import type { Thread } from '../../../src/contract/entities.ts';
import { actions, useApp } from '../state/app.ts';
import { isOfComposition } from './composition.ts';
import { Icon } from './icons.tsx';
import { isTagFieldWanted, TAG_FIELD } from './tag-port.ts';

/** Characters of a tag. */
export const MAX_TAG = 50;

/** Suggests the tags that the tenant already uses. */
export function TagEditor({ thread }: { readonly thread: Thread }): ReactNode {
  const [text, setText] = useState('');
  const known = useApp((state) => state.machine.inbox.tags);
  const listId = useId();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isTagFieldWanted()) field.current?.focus();
  }, []);
  const add = (): void => {
    const tag = text.trim();
    if (tag !== '' && !thread.tags.includes(tag)) actions.setTags(thread.id, { add: [tag] });
    setText('');
  };
  return (
    <div className="tags">
      {thread.tags.map((tag) => (
        <span key={tag} className="chip chip-tag" data-testid="tag">
          {tag}
          <button
            type="button"
            aria-label={`Remove the tag ${tag}`}
            onClick={() => actions.setTags(thread.id, { remove: [tag] })}
          >
            <Icon name="close" size={12} />
          </button>
        </span>
      ))}
      <input
        id={TAG_FIELD}
        ref={field}
        className="tag-input"
        data-testid="tag-input"
        value={text}
        maxLength={MAX_TAG}
        list={listId}
        placeholder="Add a tag"
        aria-label="Add a tag"
        onChange={(event) => {
          setText(event.target.value);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && !isOfComposition(event.nativeEvent)) add();
        }}
      />
      <datalist id={listId}>
        {known
          .filter((tag) => !thread.tags.includes(tag))
          .map((tag) => (
            <option key={tag} value={tag} />
          ))}
      </datalist>
    </div>
  );
}
