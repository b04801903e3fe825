/** The third column while no conversation is shown. */
import { useEffect, useRef, type ReactNode } from 'react';
import { Icon } from '../components/icons.tsx';
import { actions, sameItems, useApp } from '../state/app.ts';
import { seesConversations } from '../state/role.ts';
import { unsentTexts } from '../state/unsent.ts';
import { shownCount } from '../sync/counts.ts';

interface NothingProps {
  readonly title: string;
  readonly words: string;
  readonly children?: ReactNode;
}

function Nothing({ title, words, children }: NothingProps): ReactNode {
  return (
    <div className="empty empty-thread" data-testid="no-thread">
      <Icon name="inbox" size={36} />
      <h2>{title}</h2>
      <p>{words}</p>
      {children}
    </div>
  );
}

function Unselected({ isLoaded }: { readonly isLoaded: boolean }): ReactNode {
  const counts = useApp((state) => state.machine.inbox.counts);
  const isForThem = useApp(seesConversations);
  if (!isLoaded) return <Nothing title="Opening your inbox" words="One moment." />;
  if (!isForThem)
    return (
      <Nothing
        title="Nothing to see here"
        words="Reports tell how much comes and goes, and nothing of what is written."
      />
    );
  if (counts.all === 0)
    return <Nothing title="All quiet" words="New conversations appear in the list by themselves." />;
  const words = `${shownCount(counts.unread)} unread, ${shownCount(counts.unassigned)} unassigned. J and K move through the list, ? shows all keys.`;
  return <Nothing title="Choose a conversation" words={words} />;
}

/** Text this person wrote there and could not send, so that they can copy it for whoever has the conversation now. */
function Kept({ threadId }: { readonly threadId: string }): ReactNode {
  const texts = useApp((state) => unsentTexts(state, threadId), sameItems);
  if (texts.length === 0) return null;
  return (
    <label className="field kept">
      What you wrote there is kept, and was not sent:
      <textarea readOnly dir="auto" rows={6} data-testid="kept-text" value={texts.join('\n\n')} />
    </label>
  );
}

/** The focused element went away with the conversation. Take the focus here, unless the erase dialog is open. */
function Erased(): ReactNode {
  const isAsking = useApp((state) => state.ui.erasing !== null);
  const notice = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isAsking && document.activeElement === document.body) notice.current?.focus();
  }, [isAsking]);
  return (
    <div ref={notice} className="empty empty-thread" role="alert" tabIndex={-1} data-testid="erased">
      <Icon name="inbox" size={36} />
      <h2>This conversation was erased</h2>
      <p>It is gone for good, with what you had begun to write here.</p>
      <button
        type="button"
        className="button"
        data-testid="erased-leave"
        onClick={() => {
          actions.select(null);
        }}
      >
        Back to the list
      </button>
    </div>
  );
}

/** A selected conversation that is not loaded: it is being requested, or this person may not see it. */
function NotHere({ threadId }: { readonly threadId: string }): ReactNode {
  const sought = useApp((state) => (state.sought?.threadId === threadId ? state.sought : null));
  const isTaken = useApp((state) => state.machine.inbox.removed.has(threadId));
  const isErased = useApp((state) => state.erased.has(threadId));
  if (isErased) return <Erased />;
  if (isTaken || sought?.state === 'missing') {
    return (
      <Nothing
        title="This conversation is not in your view"
        words="It was assigned to somebody else, merged, or is not there."
      >
        <Kept threadId={threadId} />
      </Nothing>
    );
  }
  if (sought?.state !== 'failed') return <Nothing title="Opening the conversation" words="One moment." />;
  return (
    <Nothing title="The conversation could not be opened" words="What you wrote is kept.">
      <button type="button" className="button" onClick={() => void actions.loadThread(threadId)}>
        Try again
      </button>
    </Nothing>
  );
}

/** Says why there is none: nothing is selected, or the selected conversation is not available. */
export function NoThread({ selectedId }: { readonly selectedId: string | null }): ReactNode {
  const isLoaded = useApp((state) => state.machine.inbox.cursor !== null);
  if (selectedId === null) return <Unselected isLoaded={isLoaded} />;
  return isLoaded ? <NotHere threadId={selectedId} /> : null;
}
