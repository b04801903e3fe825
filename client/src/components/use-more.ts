/** Has more of a timeline drawn or loaded when the person gets near its first or last line. */
import { useCallback, useEffect, useEffectEvent, useRef } from 'react';
import { actions, useApp } from '../state/app.ts';
import type { TimelineWindow } from './use-window.ts';

/** Shows more lines above, first those already loaded, then the next page; and below, where there are any. One at a time. */
export function useMore(threadId: string, { isCut, showMore }: TimelineWindow, hasOlder: boolean) {
  const isLoading = useRef(false);
  const load = useCallback((page: Promise<boolean>) => {
    isLoading.current = true;
    void page.then(() => {
      isLoading.current = false;
    });
  }, []);
  const onNearTop = useCallback(() => {
    if (isCut) showMore();
    else if (hasOlder && !isLoading.current) load(actions.loadOlder(threadId));
  }, [isCut, showMore, hasOlder, load, threadId]);
  const onNearEnd = useCallback(() => {
    if (!isLoading.current) load(actions.loadNewer(threadId));
  }, [load, threadId]);
  return { onNearTop, onNearEnd };
}

/** What could not be loaded while there was no connection is asked for when it is back: at an edge nobody can scroll on. */
export function useMoreWhenBack(lookForEdges: () => void): void {
  const isReady = useApp((state) => state.machine.isReady);
  const look = useEffectEvent(lookForEdges);
  useEffect(() => {
    if (isReady) look();
  }, [isReady]);
}
