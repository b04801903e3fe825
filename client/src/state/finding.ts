/** What a search has found in texts: in each conversation of the list, and in the one that is open. Pure. */
import type { Event } from '../../../src/contract/events.ts';
import type { TextHit } from '../../../src/contract/text-hits.ts';

/** The newest message with the words, by conversation; null where there is none. */
export interface Hits {
  readonly query: string;
  readonly byThread: ReadonlyMap<string, TextHit | null>;
  /** Messages deleted meanwhile: an answer that was on its way then may still have their text. */
  readonly gone: ReadonlySet<string>;
}

export const NO_HITS: Hits = { query: '', byThread: new Map(), gone: new Set() };

/** The search in the open conversation. */
export interface Finding {
  readonly threadId: string;
  readonly query: string;
  /** Ids of the messages found so far, newest first. */
  readonly hits: readonly string[];
  /** Where the search goes on; undefined before it has begun, null when the whole conversation was searched. */
  readonly next: string | null | undefined;
  /** `typed`: the server has not been asked yet. */
  readonly state: 'typed' | 'loading' | 'ready' | 'failed';
  /** The one that is shown. */
  readonly shownId: string | null;
  /** Whether it was opened by itself, so that its field is wanted, and not with a conversation that was found. */
  readonly isAsked: boolean;
}

/** A search that has found nothing yet. */
export const findingFor = (threadId: string, query: string, over: Partial<Finding> = {}): Finding => ({
  ...{ threadId, query, hits: [], next: undefined, state: 'typed', shownId: null, isAsked: false },
  ...over,
});

/** The part of the state that tells what is searched for, and what was found. */
interface Searched {
  readonly ui: { readonly query: string };
  readonly hits: Hits;
}

/** What the search of the list has found in a conversation's texts; undefined while that is not known. */
export function hitOf({ ui, hits }: Searched, threadId: string): TextHit | null | undefined {
  const query = ui.query.trim();
  return query === '' || hits.query !== query ? undefined : hits.byThread.get(threadId);
}

/** Adds what was found in these conversations; where that is deleted, nothing is known. */
export function withHits(hits: Hits, query: string, threadIds: readonly string[], found: readonly TextHit[]): Hits {
  const byThread = new Map<string, TextHit | null>(hits.query === query ? hits.byThread : []);
  for (const threadId of threadIds) byThread.set(threadId, null);
  for (const hit of found) {
    if (hits.gone.has(hit.messageId)) byThread.delete(hit.threadId);
    else byThread.set(hit.threadId, hit);
  }
  return { ...hits, query, byThread };
}

/** The conversation whose texts an event makes another, with the message, or all of it. */
function changedBy(event: Event): { readonly threadId: string; readonly messageId: string | null } | null {
  if (event.type === 'message.updated') {
    const { id, threadId } = event.data.message;
    return { threadId, messageId: id };
  }
  if (event.type === 'message.removed') return event.data;
  return event.type === 'thread.removed' ? { threadId: event.data.threadId, messageId: null } : null;
}

/** The message that an event deletes. */
function deletedBy(event: Event): readonly string[] {
  if (event.type === 'message.removed') return [event.data.messageId];
  return event.type === 'message.updated' && event.data.message.revokedAt !== null ? [event.data.message.id] : [];
}

/** Forgets a text that was changed or deleted since it was found: what it says now is asked anew. */
export function forgetChanged(hits: Hits, events: readonly Event[]): Hits {
  const gone = events.flatMap((event) => {
    const changed = changedBy(event);
    const hit = changed === null ? null : hits.byThread.get(changed.threadId);
    if (changed === null || hit == null) return [];
    return changed.messageId === null || changed.messageId === hit.messageId ? [changed.threadId] : [];
  });
  const deleted = events.flatMap(deletedBy);
  if (gone.length === 0 && deleted.length === 0) return hits;
  const byThread = new Map([...hits.byThread].filter(([threadId]) => !gone.includes(threadId)));
  return { ...hits, byThread, gone: new Set([...hits.gone, ...deleted]) };
}
