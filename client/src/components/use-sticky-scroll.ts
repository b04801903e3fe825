/**
 * Scrolling of a timeline: stays at the end when it is there, keeps its position when older lines are added above, and
 * counts new messages below.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import { isLasting, type TimelineItem } from '../state/timeline-items.ts';

const NEAR_END_PX = 48;
const NEAR_EDGE_PX = 600;

/** What the timeline needs for scrolling. */
export interface StickyScroll {
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly content: RefObject<HTMLDivElement | null>;
  readonly isAtEnd: boolean;
  /** The same as it is now: what is drawn may be behind. */
  readonly atEnd: RefObject<boolean>;
  /** Messages that arrived below while the person was reading further up. */
  readonly newCount: number;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
  /** Stays where it is from now on, unless that is the end. */
  readonly stay: () => void;
}

/** How lines are added, and who is told where the person is. */
export interface Growth {
  /** Whether there are newer messages than the last line, so that it is not the end. */
  readonly hasNewer: boolean;
  readonly onNearTop: () => void;
  readonly onNearEnd: () => void;
  /** The person has come back to the end. */
  readonly onEnd: () => void;
}

const lastKey = (items: readonly TimelineItem[]): string | undefined => items.at(-1)?.key;

/**
 * Not the key of the very first line: that is the day separator, which keeps its key when older messages of the same
 * day are added.
 */
const firstKey = (items: readonly TimelineItem[]): string | undefined => items.find(isLasting)?.key;

function messagesIn(item: TimelineItem): number {
  if (item.type === 'album') return item.messages.length;
  return item.type === 'message' ? 1 : 0;
}

function countAfter(items: readonly TimelineItem[], key: string | undefined): number {
  const at = items.findLastIndex((item) => item.key === key);
  return at < 0 ? 0 : items.slice(at + 1).reduce((count, item) => count + messagesIn(item), 0);
}

const isOnItsWay = (item: TimelineItem | undefined): boolean => item?.type === 'echo' || item?.type === 'upload';

/** Whether this person has just sent something. It always scrolls into view. */
const isOwnNew = (items: readonly TimelineItem[], seen: string | undefined): boolean =>
  isOnItsWay(items.at(-1)) && lastKey(items) !== seen;

const hasNewTop = (items: readonly TimelineItem[], first: string | undefined): boolean =>
  first !== undefined && firstKey(items) !== first;

/** Keeps the end in view while the content grows (images, new lines), as long as the person is at the end. */
function useFollowGrowth(content: RefObject<HTMLDivElement | null>, settle: () => void): void {
  useEffect(() => {
    if (content.current === null) return undefined;
    const observer = new ResizeObserver(settle);
    observer.observe(content.current);
    if (content.current.parentElement !== null) observer.observe(content.current.parentElement);
    return () => {
      observer.disconnect();
    };
  }, [content, settle]);
}

/** Whether the person is at the end, as it is now and as it is drawn; calls `onEnd` when they come back to it. */
function useEnd(isAtFirst: boolean, onEnd: () => void) {
  const atEnd = useRef(isAtFirst);
  const [isAtEnd, setAtEnd] = useState(isAtFirst);
  const note = useCallback(
    (isNow: boolean) => {
      if (isNow && !atEnd.current) onEnd();
      atEnd.current = isNow;
      setAtEnd(isNow);
    },
    [onEnd],
  );
  return { atEnd, isAtEnd, note };
}

/**
 * Calls `onNearTop` and `onNearEnd` when the person gets near the first or last line, and when the content is too short
 * to scroll.
 */
export function useStickyScroll(
  items: readonly TimelineItem[],
  { hasNewer, onNearTop, onNearEnd, onEnd }: Growth,
): StickyScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { atEnd, isAtEnd, note } = useEnd(!hasNewer, onEnd);
  const fromEnd = useRef(0);
  const height = useRef(0);
  const first = useRef<string | undefined>(undefined);
  const seen = useRef<string | undefined>(undefined);
  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    note(true);
    element.scrollTop = element.scrollHeight;
  }, [note]);
  /** How far it is from where the person is to the end of the last line, px. */
  const measure = useCallback(
    (element: HTMLElement): number => {
      fromEnd.current = element.scrollHeight - element.scrollTop;
      const below = fromEnd.current - element.clientHeight;
      note(!hasNewer && below < NEAR_END_PX);
      return below;
    },
    [hasNewer, note],
  );
  const stay = useCallback(() => {
    if (scroller.current !== null) measure(scroller.current);
  }, [measure]);
  const settle = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    height.current = element.clientHeight;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
  }, [atEnd]);
  useFollowGrowth(content, settle);
  const onScroll = useCallback(() => {
    const element = scroller.current;
    // The scroll was caused by a form opening below, not by the person. `settle` corrects it when the new height is
    // known.
    if (element?.clientHeight !== height.current) return;
    const below = measure(element);
    if (element.scrollTop < NEAR_EDGE_PX) onNearTop();
    if (hasNewer && below < NEAR_EDGE_PX) onNearEnd();
  }, [hasNewer, measure, onNearTop, onNearEnd]);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    if (atEnd.current || isOwnNew(items, seen.current)) toEnd();
    else if (hasNewTop(items, first.current)) element.scrollTop = element.scrollHeight - fromEnd.current;
    first.current = firstKey(items);
    if (atEnd.current) seen.current = lastKey(items);
    fromEnd.current = element.scrollHeight - element.scrollTop;
    if (element.scrollHeight > element.clientHeight + NEAR_EDGE_PX) return;
    onNearTop();
    if (hasNewer) onNearEnd();
  }, [items, hasNewer, atEnd, toEnd, onNearTop, onNearEnd]);
  const newCount = isAtEnd ? 0 : countAfter(items, seen.current);
  return { scroller, content, isAtEnd, atEnd, newCount, onScroll, toEnd, stay };
}
