/** The list of matching colleagues above the text field. */
import { useEffect, useRef, type ReactNode } from 'react';
import { useApp } from '../../state/app.ts';
import { Avatar } from '../avatar.tsx';
import type { Mention } from './use-mention.ts';

/** The element id of an option, for `aria-activedescendant`. */
export const optionId = (listId: string, index: number): string => `${listId}-${String(index)}`;

function Option({ mention, index }: { readonly mention: Mention; readonly index: number }): ReactNode {
  const member = mention.people[index];
  const presence = useApp(({ volatile }) => (member === undefined ? undefined : volatile.presence.get(member.id)));
  const option = useRef<HTMLDivElement>(null);
  const isChosen = index === mention.chosen;
  useEffect(() => {
    if (isChosen) option.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  if (member === undefined) return null;
  return (
    <div
      ref={option}
      id={optionId(mention.listId, index)}
      role="option"
      aria-selected={isChosen}
      data-testid="mention"
      onClick={() => {
        mention.pick(member);
      }}
    >
      <Avatar name={member.displayName} seed={member.id} size="small" presence={presence?.state ?? 'offline'} />
      <span dir="auto">{member.displayName}</span>
    </div>
  );
}

function wordsOf({ people, chosen }: Mention): string {
  const name = people[chosen]?.displayName;
  if (name === undefined) return '';
  return `${name}, ${String(chosen + 1)} of ${String(people.length)}. Enter mentions, arrows choose.`;
}

/**
 * The list of matching colleagues. A status text announces the choice too, since not every screen reader follows it
 * while the focus is in the text field.
 */
export function MentionList({ mention }: { readonly mention: Mention }): ReactNode {
  return (
    <>
      <div className="hidden" role="status">
        {wordsOf(mention)}
      </div>
      {mention.people.length === 0 ? null : (
        <div
          id={mention.listId}
          className="mentions"
          role="listbox"
          aria-label="Colleagues"
          onMouseDown={(event) => {
            // Keep the focus in the text field.
            event.preventDefault();
          }}
        >
          {mention.people.map(({ id }, index) => (
            <Option key={id} mention={mention} index={index} />
          ))}
        </div>
      )}
    </>
  );
}
