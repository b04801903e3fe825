/**
 * The open conversation in the address, and what "back" means in this window: from a conversation to the list, from
 * there to where the person came from, however many conversations were opened in between. So behind every conversation
 * in the window's history is the list.
 */

/** Marks a conversation with the list behind it. */
const BEYOND_LIST = 'beyond-list';

/** The conversation that the address names. */
export const threadInAddress = (): string | undefined => /^#\/thread\/([0-9a-f-]{36})$/.exec(location.hash)?.[1];

const addressOf = (threadId: string | null): string =>
  threadId === null ? location.pathname : `${location.pathname}#/thread/${threadId}`;

/** A browser refuses too many changes in a row: then the next one brings the address up to date. */
function keep(change: 'pushState' | 'replaceState', threadId: string): void {
  try {
    history[change](BEYOND_LIST, '', addressOf(threadId));
  } catch {
    // Refused; a reload would come back to where the address is now.
  }
}

/** Whoever comes to a conversation by its address finds the list behind it too; `isBehind`: it is there already. */
function markArrival(isBehind: boolean): void {
  const threadId = threadInAddress();
  if (threadId === undefined || history.state === BEYOND_LIST) return;
  if (isBehind) {
    history.replaceState(BEYOND_LIST, '');
    return;
  }
  history.replaceState(null, '', addressOf(null));
  history.pushState(BEYOND_LIST, '', addressOf(threadId));
}

/**
 * Keeps the address. `open` is called when the person goes to another one in this window: by a link, or back and forth;
 * null: to one without a conversation. Returns how to show what the window has open.
 */
export function followAddress(open: (threadId: string | null) => void): (selectedId: string | null) => void {
  let shown = threadInAddress() ?? null;
  let known = shown;
  let isLeaving = false;
  markArrival(false);
  /** At once: a reload starts from the address as it is, and takes no later one. */
  const show = (selectedId: string | null): void => {
    shown = selectedId;
    const address = threadInAddress() ?? null;
    // The person went somewhere, and the word of it is still to come.
    if (address !== known) return;
    if (isLeaving || address === selectedId) return;
    if (selectedId !== null) {
      keep(address === null ? 'pushState' : 'replaceState', selectedId);
      known = threadInAddress() ?? null;
    } else {
      isLeaving = true;
      history.back();
    }
  };
  addEventListener('hashchange', () => {
    const threadId = threadInAddress() ?? null;
    known = threadId;
    if (isLeaving) {
      // What was opened while the window was on its way to the list is opened from there.
      isLeaving = false;
      const wanted = shown;
      shown = threadId;
      show(wanted);
      return;
    }
    markArrival(shown === null);
    shown = threadId;
    open(threadId);
  });
  return show;
}
