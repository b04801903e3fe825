/**
 * Decides which part of a long timeline is drawn: the last lines, more when the person scrolls up, and the last lines
 * again at the end.
 */
import { useCallback, useMemo, useState } from 'react';
import { isLasting, type TimelineItem } from '../state/timeline-items.ts';

const STEP = 80;
const MOST_AT_END = 3 * STEP;

/** The drawn part; `isCut` when loaded lines above it are left out. */
export interface TimelineWindow {
  readonly shown: readonly TimelineItem[];
  readonly isCut: boolean;
  readonly showMore: () => void;
  readonly showAll: () => void;
  /** Drops distant lines again. Called when the person is at the end. */
  readonly trim: () => void;
}

/** The key of the first lasting line at or after `index`. */
function keyFrom(items: readonly TimelineItem[], index: number): string | null {
  if (index <= 0) return null;
  return items.find((item, at) => at >= index && isLasting(item))?.key ?? null;
}

/** Remembers the first drawn line by key, so that neither new nor older lines shift the window. */
export function useTimelineWindow(items: readonly TimelineItem[]): TimelineWindow {
  const [firstKey, setFirstKey] = useState(() => keyFrom(items, items.length - STEP));
  const start = useMemo(
    () => Math.max(0, firstKey === null ? 0 : items.findIndex((item) => item.key === firstKey)),
    [items, firstKey],
  );
  const shown = useMemo(() => (start === 0 ? items : items.slice(start)), [items, start]);
  const showMore = useCallback(() => {
    setFirstKey(keyFrom(items, start - STEP));
  }, [items, start]);
  const showAll = useCallback(() => {
    setFirstKey(null);
  }, []);
  const trim = useCallback(() => {
    if (items.length - start > MOST_AT_END) setFirstKey(keyFrom(items, items.length - STEP));
  }, [items, start]);
  return { shown, isCut: start > 0, showMore, showAll, trim };
}
