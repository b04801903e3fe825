/**
 * Drafts in `localStorage`, by person, inbox and conversation. Every window of a browser writes here, and one does not see at
 * once what another wrote: each draft has a key of its own, so that nobody writes over a draft that they did not change.
 */
import { readKept, writeKept } from './storage.ts';
import type { Draft } from './store.ts';

/** By thread id. */
export type Drafts = Readonly<Record<string, Draft>>;

/** `atMs`: when it was written, by this machine. */
interface KeptDraft extends Draft {
  readonly atMs: number;
}

/** As many are kept from one start of a window to the next. */
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

/** The kept drafts of this person; the least recently written ones beyond what is kept are forgotten. */
export function loadDrafts(owner: string): Drafts {
  const kept = keptOf(owner);
  for (const [threadId] of kept.slice(0, -MAX_DRAFTS)) localStorage.removeItem(prefixOf(owner) + threadId);
  return Object.fromEntries(kept.slice(-MAX_DRAFTS).map(([threadId, { reply, note }]) => [threadId, { reply, note }]));
}

const changedFrom = (before: Drafts, after: Drafts): readonly (readonly [string, Draft])[] =>
  Object.entries(after).filter(([threadId, draft]) => before[threadId] !== draft);

const goneFrom = (before: Drafts, after: Drafts): readonly string[] =>
  Object.keys(before).filter((threadId) => !(threadId in after));

/** Keeps what this window changed, and touches nothing else. */
export function saveDrafts(owner: string, before: Drafts, after: Drafts): void {
  const prefix = prefixOf(owner);
  const atMs = Date.now();
  for (const threadId of goneFrom(before, after)) localStorage.removeItem(prefix + threadId);
  for (const [threadId, draft] of changedFrom(before, after)) {
    const kept: KeptDraft = { ...draft, atMs };
    writeKept(localStorage, prefix + threadId, kept);
  }
}

/** With what is kept of one conversation, null for nothing; a draft that did not change is the object it was. */
export function withDraft(known: Drafts, threadId: string, kept: Draft | null): Drafts {
  if (isSame(known[threadId], kept ?? undefined)) return known;
  const others = Object.entries(known).filter(([other]) => other !== threadId);
  return Object.fromEntries(kept === null ? others : [...others, [threadId, kept]]);
}

/** Calls `onChanged` when another window kept a draft or let one go; `owner` says whose are wanted. */
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
