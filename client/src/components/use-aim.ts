/** Takes the person to the message that the open conversation is to show. */
import { useLayoutEffect, useRef, type RefObject } from 'react';
import { useApp } from '../state/app.ts';
import type { Aim } from '../state/aim.ts';
import type { TimelineItem } from '../state/timeline-items.ts';

const FLASH_MS = 1600;

/** A picture's own element rather than the album that contains it. */
function elementOf(scroller: HTMLElement | null, messageId: string): HTMLElement | null {
  const id = CSS.escape(messageId);
  return (
    scroller?.querySelector<HTMLElement>(`[data-message-id="${id}"]`) ??
    scroller?.querySelector<HTMLElement>(`[data-message-ids~="${id}"]`) ??
    null
  );
}

/** Whoever types goes on typing. Whoever steps from hit to hit is told where they are in the bar for that. */
const KEEPS_FOCUS = 'input, textarea, select, .find-bar *';

/** Brings it into view, marks it for a moment, and gives it the focus if that is free, so that a screen reader reads it. */
function present(element: HTMLElement): void {
  element.scrollIntoView({ block: 'center' });
  element.classList.add('flash');
  setTimeout(() => {
    element.classList.remove('flash');
  }, FLASH_MS);
  element.tabIndex = -1;
  element.setAttribute('role', 'article');
  if (document.activeElement?.matches(KEEPS_FOCUS) !== true) element.focus({ preventScroll: true });
}

/** What the timeline does for it. */
interface View {
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** What is drawn. */
  readonly shown: readonly TimelineItem[];
  readonly showAll: () => void;
  readonly stay: () => void;
}

/** Goes there as soon as it is drawn, once for each aim. */
export function useAim(threadId: string, { scroller, shown, showAll, stay }: View): void {
  const aim = useApp((state) => (state.aim?.threadId === threadId && state.aim.state === 'reached' ? state.aim : null));
  const done = useRef<Aim | null>(null);
  useLayoutEffect(() => {
    if (aim === null || done.current === aim) return;
    const element = elementOf(scroller.current, aim.messageId);
    if (element === null) {
      showAll();
      return;
    }
    done.current = aim;
    present(element);
    stay();
  }, [aim, shown, scroller, showAll, stay]);
}
