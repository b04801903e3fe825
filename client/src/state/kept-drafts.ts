/**
 * Drafts in `localStorage`, by person, inbox and conversation. Every window of a browser writes here, and one does not see at
 * once what another wrote: each draft has a key of its own, so that nobody writes over a draft that they did not change.
 */
import { readKept, writeKept } from './storage.ts';
import type { Draft } from './store.ts';

/** By thread id, the most recently written last. */
export type Drafts = Readonly<Record<string, Draft>>;

/** `atMs`: when it was written, by this machine. */
interface KeptDraft extends Draft {
  readonly atMs: number;
}

/** The least recently written go first beyond this. */
const MAX_DRAFTS = 500;

const prefixOf = (owner: string): string => `hunfly.drafts/${owner}/`;

const isSame = (one: Draft | undefined, other: Draft | undefined): boolean =>
  one?.reply === other?.reply && one?.note === other?.note;

function keptOf(owner: string): readonly (readonly [string, KeptDraft])[] {
  const prefix = prefixOf(owner);
  return Object.keys(localStorage)
    .filter((key) => key.startsWith(prefix))
    .flatMap((key) => {
      const draft = readKept(localStorage, key) as KeptDraft | null;
      return draft === null ? [] : [[key.slice(prefix.length), draft] as const];
    })
    .sort(([, one], [, other]) => one.atMs - other.atMs);
}

/** The kept drafts of this person. */
export function loadDrafts(owner: string): Drafts {
  return Object.fromEntries(keptOf(owner).map(([threadId, { reply, note }]) => [threadId, { reply, note }]));
}

const changedFrom = (before: Drafts, after: Drafts): readonly (readonly [string, Draft])[] =>
  Object.entries(after).filter(([threadId, draft]) => before[threadId] !== draft);

const goneFrom = (before: Drafts, after: Drafts): readonly string[] =>
  Object.keys(before).filter((threadId) => !(threadId in after));

/** `kept` with what changed from `before` to `after`. */
export function withChanges(kept: Drafts, before: Drafts, after: Drafts): Drafts {
  const changed = changedFrom(before, after);
  const own = new Set([...goneFrom(before, after), ...changed.map(([threadId]) => threadId)]);
  const others = Object.entries(kept).filter(([threadId]) => !own.has(threadId));
  return Object.fromEntries([...others, ...changed]);
}

/** Keeps what this window changed. */
export function saveDrafts(owner: string, before: Drafts, after: Drafts): void {
  const prefix = prefixOf(owner);
  const atMs = Date.now();
  for (const threadId of goneFrom(before, after)) localStorage.removeItem(prefix + threadId);
  for (const [threadId, draft] of changedFrom(before, after)) {
    const kept: KeptDraft = { ...draft, atMs };
    writeKept(localStorage, prefix + threadId, kept);
  }
  for (const [threadId] of keptOf(owner).slice(0, -MAX_DRAFTS)) localStorage.removeItem(prefix + threadId);
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
    if (wanted !== null && key?.startsWith(prefixOf(wanted)) === true) onChanged(loadDrafts(wanted));
  });
}
