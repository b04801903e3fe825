/**
 * What the window shows, in its address, and what "back" means in this window: from a conversation to the list, from
 * there to where the person came from, however many conversations were opened in between; from a screen beside the inbox
 * to what was left for it. Each entry of the window's history knows what is behind it, so that going there again is a
 * step back and not one more entry. A conversation that was erased is in no address: the list takes its place.
 */
import type { Screen } from './store.ts';

/** A screen, and in the inbox the open conversation. */
export interface Place {
  readonly screen: Screen;
  readonly threadId: string | null;
}

const PLACES = /^#\/(?:thread\/([0-9a-f-]{36})|(team|reports|numbers|members))$/;
/** The inbox without a conversation. */
const LIST = '';

/** The place that the address names; the list, should it name none. */
export function placeInAddress(): Place {
  const [, threadId, screen] = PLACES.exec(location.hash) ?? [];
  return { screen: (screen as Screen | undefined) ?? 'inbox', threadId: threadId ?? null };
}

function fragmentOf({ screen, threadId }: Place): string {
  if (screen !== 'inbox') return `#/${screen}`;
  return threadId === null ? LIST : `#/thread/${threadId}`;
}

const here = (): string => fragmentOf(placeInAddress());
const isInbox = (fragment: string): boolean => fragment === LIST || fragment.startsWith('#/thread/');
const addressOf = (fragment: string): string => location.pathname + fragment;

/** What is behind this entry of the history; null: nobody knows. */
const behind = (): string | null => (history.state as { readonly behind?: string } | null)?.behind ?? null;

/** A browser refuses too many changes in a row: then the next one brings the address up to date. */
function keep(change: 'pushState' | 'replaceState', fragment: string, isBehind: string | null): void {
  try {
    history[change]({ behind: isBehind }, '', addressOf(fragment));
  } catch {
    // Refused; a reload would come back to where the address is now.
  }
}

/** From one conversation to another, and from one screen to another, is no step; behind a list something always stays. */
function move(fragment: string): void {
  const from = here();
  // A list with the list behind it stands in the place of an erased conversation.
  const isPassing = from !== LIST || behind() === LIST;
  if (isPassing && isInbox(from) === isInbox(fragment)) keep('replaceState', fragment, behind());
  else keep('pushState', fragment, from);
}

/** Whoever comes by an address finds the list behind it too. `from`: what the window showed; null: it has only begun. */
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
 * Keeps the address. `open` is called when the person goes to another one in this window: by a link, or back and forth.
 * Returns how to show what the window has open.
 */
export function followAddress(open: (place: Place) => void): (place: Place, isErased?: boolean) => void {
  let shown = here();
  let known = shown;
  let isLeaving = false;
  markArrival(null);
  /** At once: a reload starts from the address as it is, and takes no later one. */
  const show = (wanted: string): void => {
    shown = wanted;
    // The person went somewhere, and the word of it is still to come.
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
    // From what stands in the place of an erased one to the list: the address is the same.
    if (known === LIST && here() === LIST) open(placeInAddress());
  });
  addEventListener('hashchange', () => {
    known = here();
    if (isLeaving) {
      // What was opened while the window was on its way back is opened from there.
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
