/**
 * Drafts in `localStorage`, by person and inbox. Every window of a browser writes here: each writes only what it changed
 * itself, and takes in what the others did.
 */
import { readKept, writeKept } from './storage.ts';
import type { Draft } from './store.ts';

/** By thread id, the most recently written last. */
export type Drafts = Readonly<Record<string, Draft>>;

/** The least recently written go first beyond this. */
const MAX_DRAFTS = 500;

const keyOf = (owner: string): string => `hunfly.drafts/${owner}`;

const isSame = (one: Draft | undefined, other: Draft | undefined): boolean =>
  one?.reply === other?.reply && one?.note === other?.note;

/** The kept drafts of this person. */
export function loadDrafts(owner: string): Drafts {
  return (readKept(localStorage, keyOf(owner)) as Drafts | null) ?? {};
}

/** `kept` with what changed from `before` to `after`. */
export function withChanges(kept: Drafts, before: Drafts, after: Drafts): Drafts {
  const changed = Object.entries(after).filter(([threadId, draft]) => before[threadId] !== draft);
  const gone = Object.keys(before).filter((threadId) => !(threadId in after));
  const own = new Set([...gone, ...changed.map(([threadId]) => threadId)]);
  const others = Object.entries(kept).filter(([threadId]) => !own.has(threadId));
  return Object.fromEntries([...others, ...changed].slice(-MAX_DRAFTS));
}

/** Keeps what this window changed. */
export function saveDrafts(owner: string, before: Drafts, after: Drafts): void {
  writeKept(localStorage, keyOf(owner), withChanges(loadDrafts(owner), before, after));
}

/** What is kept, with drafts that did not change as the objects they were. */
export function takeKept(known: Drafts, kept: Drafts): Drafts {
  const entries = Object.entries(kept).map(([threadId, draft]) => {
    const before = known[threadId];
    return [threadId, before !== undefined && isSame(before, draft) ? before : draft] as const;
  });
  return Object.fromEntries(entries);
}

/** Calls `onChanged` when another window kept drafts; `owner` says whose are wanted. */
export function followDrafts(owner: () => string | null, onChanged: (kept: Drafts) => void): void {
  addEventListener('storage', ({ key }) => {
    const wanted = owner();
    if (wanted !== null && key === keyOf(wanted)) onChanged(loadDrafts(wanted));
  });
}
