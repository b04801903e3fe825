/** Sorted arrays kept in order by binary search. */
import type { Note, Thread } from '../../../src/contract/entities.ts';
import type { Message } from '../../../src/contract/message.ts';

/** What determines a thread's place in lists. */
export type Place = Pick<Thread, 'lastActivityAt' | 'id'>;

/** The thread's current place, to be compared later. */
export function placeOf({ lastActivityAt, id }: Thread): Place {
  return { lastActivityAt, id };
}

/** Negative when `a` is listed above `b`: latest activity first, then the younger thread, as the server's pages do. */
export function compareThreads(a: Place, b: Place): number {
  if (a.lastActivityAt !== b.lastActivityAt) return a.lastActivityAt > b.lastActivityAt ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id > b.id ? -1 : 1;
}

/** Negative when `a` stands before `b` in the timeline. */
export function compareMessages(a: Message, b: Message): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** Negative when `a` was written before `b`. */
export function compareNotes(a: Note, b: Note): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  if (a.id === b.id) return 0;
  return a.id < b.id ? -1 : 1;
}

/** The first index whose item does not sort before the wanted one; `compare(item)` is negative for items before it. */
export function lowerBound<T>(items: readonly T[], compare: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(items[middle] as T) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
