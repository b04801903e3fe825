/**
 * Keeps the window's address in step with what it shows, and defines "back": from a conversation to the list, and from
 * the list to where the person came from, no matter how many conversations were opened in between; from another screen
 * to whatever was shown before it. Each history entry stores what lies behind it, so that returning there is a step
 * back and not another entry. An erased conversation never stays in the address; the list takes its place.
 */
import type { Screen } from './store.ts';

/** A screen and, in the inbox, the open conversation and the message that it shows. */
export interface Place {
  readonly screen: Screen;
  readonly threadId: string | null;
  readonly messageId: string | null;
}

const PLACES = /^#\/(?:thread\/([0-9a-f-]{36})(?:\/([0-9a-f-]{36}))?|(team|replies|reports|numbers|members))$/;
/** The inbox without a conversation. */
const LIST = '';

/** The place that the address names, or the list if it names none. */
export function placeInAddress(): Place {
  const [, threadId, messageId, screen] = PLACES.exec(location.hash) ?? [];
  return {
    screen: (screen as Screen | undefined) ?? 'inbox',
    threadId: threadId ?? null,
    messageId: messageId ?? null,
  };
}

function fragmentOf({ screen, threadId, messageId }: Place): string {
  if (screen !== 'inbox') return `#/${screen}`;
  if (threadId === null) return LIST;
  return messageId === null ? `#/thread/${threadId}` : `#/thread/${threadId}/${messageId}`;
}

/** The address that opens a conversation at a message. */
export const linkTo = (threadId: string, messageId: string): string =>
  location.origin + addressOf(fragmentOf({ screen: 'inbox', threadId, messageId }));

const here = (): string => fragmentOf(placeInAddress());
const isInbox = (fragment: string): boolean => fragment === LIST || fragment.startsWith('#/thread/');
const addressOf = (fragment: string): string => location.pathname + fragment;

/** What lies behind the current history entry; null when unknown. */
const behind = (): string | null => (history.state as { readonly behind?: string } | null)?.behind ?? null;

/**
 * Browsers reject too many history changes in a row. A rejected change is dropped; the next one that succeeds brings
 * the address up to date.
 */
function keep(change: 'pushState' | 'replaceState', fragment: string, isBehind: string | null): void {
  try {
    history[change]({ behind: isBehind }, '', addressOf(fragment));
  } catch {
    // Rejected by the browser. Until the next change, a reload would open the old address.
  }
}

/**
 * Going from one conversation to another, or from one screen to another, replaces the history entry. Leaving the list,
 * or changing between the inbox and another screen, adds one, so that something always lies behind a list.
 */
function move(fragment: string): void {
  const from = here();
  // A list with the list behind it stands in for an erased conversation.
  const isPassing = from !== LIST || behind() === LIST;
  if (isPassing && isInbox(from) === isInbox(fragment)) keep('replaceState', fragment, behind());
  else keep('pushState', fragment, from);
}

/**
 * Records what lies behind an address that the person arrived at. If the window showed the list, or the address is a
 * screen besides the inbox, that is what the window showed before; otherwise the list is put behind it. `from` is what
 * the window showed; null when it has just started.
 */
function markArrival(from: string | null): void {
  const fragment = here();
  if (fragment === LIST || behind() !== null) return;
  if (from === LIST || (from !== null && !isInbox(fragment))) {
    history.replaceState({ behind: from }, '');
    return;
  }
  history.replaceState(null, '', addressOf(LIST));
  history.pushState({ behind: LIST }, '', addressOf(fragment));
}

/**
 * Starts to follow the address. Calls `open` when the person goes to another address in this window, by a link or by
 * back and forward. Returns a function that puts what the window shows into the address.
 */
export function followAddress(open: (place: Place) => void): (place: Place, isErased?: boolean) => void {
  let shown = here();
  let known = shown;
  let isLeaving = false;
  markArrival(null);
  /** Not delayed: a reload starts from whatever the address is at that moment. */
  const show = (wanted: string): void => {
    shown = wanted;
    // The person has navigated, and the event for it is still to come.
    if (here() !== known) return;
    if (isLeaving || known === wanted) return;
    if (behind() === wanted) {
      isLeaving = true;
      history.back();
    } else {
      move(wanted);
      known = here();
    }
  };
  const replaceErased = (): void => {
    shown = LIST;
    if (isLeaving || here() !== known || known === LIST) return;
    keep('replaceState', LIST, behind());
    known = here();
  };
  addEventListener('popstate', () => {
    // From the stand-in for an erased conversation back to the list. Both have the same address, so there is no
    // hashchange.
    if (known === LIST && here() === LIST) open(placeInAddress());
  });
  addEventListener('hashchange', () => {
    known = here();
    if (isLeaving) {
      // Something else may have been opened while the window was going back. Show it from here.
      isLeaving = false;
      show(shown);
      return;
    }
    markArrival(shown);
    shown = known;
    open(placeInAddress());
  });
  return (place, isErased = false) => {
    if (isErased) replaceErased();
    else show(fragmentOf(place));
  };
}
