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
  /** Messages that arrived below while the person was reading further up. */
  readonly newCount: number;
  readonly onScroll: () => void;
  readonly toEnd: () => void;
  /** Stays where it is from now on, until the person scrolls to the end. */
  readonly leaveEnd: () => void;
}

/** How lines are added. */
export interface Growth {
  /** Whether there are newer messages than the last line, so that it is not the end. */
  readonly hasNewer: boolean;
  readonly onNearTop: () => void;
  readonly onNearEnd: () => void;
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

/**
 * Calls `onNearTop` and `onNearEnd` when the person gets near the first or last line, and when the content is too short
 * to scroll.
 */
export function useStickyScroll(
  items: readonly TimelineItem[],
  { hasNewer, onNearTop, onNearEnd }: Growth,
): StickyScroll {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atEnd = useRef(!hasNewer);
  const fromEnd = useRef(0);
  const height = useRef(0);
  const first = useRef<string | undefined>(undefined);
  const seen = useRef<string | undefined>(undefined);
  const [isAtEnd, setAtEnd] = useState(!hasNewer);
  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    atEnd.current = true;
    setAtEnd(true);
    element.scrollTop = element.scrollHeight;
  }, []);
  const leaveEnd = useCallback(() => {
    atEnd.current = false;
    setAtEnd(false);
  }, []);
  const settle = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    height.current = element.clientHeight;
    if (atEnd.current) element.scrollTop = element.scrollHeight;
  }, []);
  useFollowGrowth(content, settle);
  const onScroll = useCallback(() => {
    const element = scroller.current;
    // The scroll was caused by a form opening below, not by the person. `settle` corrects it when the new height is
    // known.
    if (element?.clientHeight !== height.current) return;
    fromEnd.current = element.scrollHeight - element.scrollTop;
    const below = fromEnd.current - element.clientHeight;
    atEnd.current = !hasNewer && below < NEAR_END_PX;
    setAtEnd(atEnd.current);
    if (element.scrollTop < NEAR_EDGE_PX) onNearTop();
    if (hasNewer && below < NEAR_EDGE_PX) onNearEnd();
  }, [hasNewer, onNearTop, onNearEnd]);
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
  }, [items, hasNewer, toEnd, onNearTop, onNearEnd]);
  const newCount = isAtEnd ? 0 : countAfter(items, seen.current);
  return { scroller, content, isAtEnd, newCount, onScroll, toEnd, leaveEnd };
}
