/** The composer button that opens the saved replies with a search. */
import { useState, type ReactNode } from 'react';
import type { SavedReply } from '../../../../src/contract/saved-replies.ts';
import { actions, useApp } from '../../state/app.ts';
import { managesSavedReplies } from '../../state/role.ts';
import { listedBy } from '../pick-list.tsx';
import { PopoverButton } from './popover-button.tsx';
import { SavedReplyList } from './saved-reply-list.tsx';
import type { FileAbility } from '../../sync/file-limits.ts';
import type { Filling } from './saved-reply.ts';
import { useChoice } from '../use-choice.ts';
import { useMatching } from './use-saved-replies.ts';

interface SavedReplyButtonProps {
  readonly filling: Filling;
  /** What the number takes; null where no files are attached. */
  readonly can: FileAbility | null;
  readonly onPick: (reply: SavedReply) => void;
}

function Nothing({ hasAny }: { readonly hasAny: boolean }): ReactNode {
  const canAdd = useApp(managesSavedReplies);
  if (hasAny) return <p className="faint">Nothing matches.</p>;
  return <p className="faint">{canAdd ? 'No saved replies yet.' : 'No saved replies yet. Managers can add some.'}</p>;
}

function Picker({
  filling,
  can,
  onPick,
  onClose,
}: SavedReplyButtonProps & { readonly onClose: () => void }): ReactNode {
  const [query, setQuery] = useState('');
  const hasAny = useApp((state) => state.machine.inbox.savedReplies.size > 0);
  const canManage = useApp(managesSavedReplies);
  const pick = (reply: SavedReply): void => {
    onClose();
    onPick(reply);
  };
  const choice = useChoice(useMatching(query), pick, onClose);
  return (
    <div className="reply-picker" role="group" aria-label="Saved replies" data-testid="saved-reply-picker">
      <input
        type="search"
        role="combobox"
        aria-expanded={choice.items.length > 0}
        aria-label="Search saved replies"
        placeholder="Search saved replies"
        data-testid="saved-reply-search"
        {...listedBy(choice)}
        value={query}
        autoFocus
        onChange={(event) => {
          setQuery(event.target.value);
          choice.reset();
        }}
        onKeyDown={(event) => {
          // Escape is left to the button, which takes the focus back; Tab goes on as in any other field.
          if (event.key !== 'Escape' && event.key !== 'Tab') choice.onKey(event);
        }}
      />
      <SavedReplyList choice={choice} filling={filling} can={can} />
      {choice.items.length === 0 ? <Nothing hasAny={hasAny} /> : null}
      {canManage ? (
        <button
          type="button"
          className="link"
          onClick={() => {
            actions.goTo('replies');
          }}
        >
          Manage saved replies
        </button>
      ) : null}
    </div>
  );
}

/** The button and its list. */
export function SavedReplyButton(props: SavedReplyButtonProps): ReactNode {
  return (
    <PopoverButton
      className="reply-button"
      icon="bolt"
      label="Saved replies"
      title="Saved replies (/)"
      testId="saved-replies"
    >
      {(close) => <Picker {...props} onClose={close} />}
    </PopoverButton>
  );
}
