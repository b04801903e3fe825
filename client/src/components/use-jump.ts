/** Jumps to a message of the open timeline, such as a quoted one. */
import { useCallback, type RefObject } from 'react';
import { actions } from '../state/app.ts';

const MAX_PAGES = 6;
const FLASH_MS = 1600;

function flash(scroller: HTMLElement | null, messageId: string): boolean {
  const id = CSS.escape(messageId);
  // Prefer a picture's own element over the album that contains it.
  const element =
    scroller?.querySelector(`[data-message-id="${id}"]`) ?? scroller?.querySelector(`[data-message-ids~="${id}"]`);
  if (element == null) return false;
  element.scrollIntoView({ block: 'center' });
  element.classList.add('flash');
  setTimeout(() => {
    element.classList.remove('flash');
  }, FLASH_MS);
  return true;
}

/**
 * Scrolls to a message and loads older pages until it is found, there are no more, or the limit of pages is reached.
 */
export function useJump(
  threadId: string,
  scroller: RefObject<HTMLDivElement | null>,
  showAll: () => void,
): (id: string) => void {
  return useCallback(
    (messageId: string) => {
      const attempt = async (pages: number): Promise<void> => {
        showAll();
        await new Promise((resolve) => setTimeout(resolve, 60));
        if (flash(scroller.current, messageId) || pages === 0) return;
        if (await actions.loadOlder(threadId)) await attempt(pages - 1);
      };
      if (!flash(scroller.current, messageId)) void attempt(MAX_PAGES);
    },
    [threadId, scroller, showAll],
  );
}
