/**
 * Stores drafts in `localStorage`, by person, inbox and conversation. All windows of a browser write here, and a window
 * does not see at once what another one wrote. Each draft therefore has its own key, so that no window overwrites a
 * draft that it did not change.
 */
import { readKept, writeKept } from './storage.ts';
import type { Draft } from './store.ts';

/** By thread id. */
export type Drafts = Readonly<Record<string, Draft>>;

/** `atMs` is when it was written, by this machine's clock. */
interface KeptDraft extends Draft {
  readonly atMs: number;
}

/** How many drafts survive from one start of a window to the next. */
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

/** Loads this person's drafts. Deletes the least recently written ones above the limit. */
export function loadDrafts(owner: string): Drafts {
  const kept = keptOf(owner);
  for (const [threadId] of kept.slice(0, -MAX_DRAFTS)) localStorage.removeItem(prefixOf(owner) + threadId);
  return Object.fromEntries(kept.slice(-MAX_DRAFTS).map(([threadId, { reply, note }]) => [threadId, { reply, note }]));
}

const changedFrom = (before: Drafts, after: Drafts): readonly (readonly [string, Draft])[] =>
  Object.entries(after).filter(([threadId, draft]) => before[threadId] !== draft);

const goneFrom = (before: Drafts, after: Drafts): readonly string[] =>
  Object.keys(before).filter((threadId) => !(threadId in after));

/** Writes and deletes only the drafts that this window changed. */
export function saveDrafts(owner: string, before: Drafts, after: Drafts): void {
  const prefix = prefixOf(owner);
  const atMs = Date.now();
  for (const threadId of goneFrom(before, after)) localStorage.removeItem(prefix + threadId);
  for (const [threadId, draft] of changedFrom(before, after)) {
    const kept: KeptDraft = { ...draft, atMs };
    writeKept(localStorage, prefix + threadId, kept);
  }
}

/** Sets the draft of one conversation; null removes it. Returns `known` itself when the draft is unchanged. */
export function withDraft(known: Drafts, threadId: string, kept: Draft | null): Drafts {
  if (isSame(known[threadId], kept ?? undefined)) return known;
  const others = Object.entries(known).filter(([other]) => other !== threadId);
  return Object.fromEntries(kept === null ? others : [...others, [threadId, kept]]);
}

/** Calls `onChanged` when another window stores or deletes a draft of the person that `owner` returns. */
export function followDrafts(
  owner: () => string | null,
  onChanged: (threadId: string, kept: Draft | null) => void,
): void {
  addEventListener('storage', ({ key }) => {
    const wanted = owner();
    if (wanted === null || key?.startsWith(prefixOf(wanted)) !== true) return;
    const kept = readKept(localStorage, key) as KeptDraft | null;
    onChanged(key.slice(prefixOf(wanted).length), kept === null ? null : { reply: kept.reply, note: kept.note });
  });
}
