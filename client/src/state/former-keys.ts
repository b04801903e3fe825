/**
 * What earlier releases kept in this browser under keys that name no owner: taken over once, when a window first starts
 * with this release.
 */
import type { Outbox } from '../sync/outbox.ts';
import { isSameDraft, loadDrafts, saveDrafts, type Drafts } from './kept-drafts.ts';
import { outboxKeyOf, ownerOf } from './persist.ts';
import { readKept, writeKept } from './storage.ts';
import type { SavedSession } from './store.ts';

const DRAFTS = 'hunfly.drafts';
const OUTBOX = 'hunfly.outbox';

/** What was taken over last, by owner. */
const takenKeyOf = (owner: string): string => `hunfly.drafts.taken/${owner}`;

/**
 * Whoever the kept session is of wrote them, even if it has run out. Without one nobody knows whose they are: they go. A
 * window of an earlier release that is still open keeps all that it knows, again and again: a draft that was taken over
 * and not changed there since may have been sent from here.
 */
function takeDrafts(session: SavedSession | null): void {
  const former = readKept(localStorage, DRAFTS) as Drafts | null;
  if (former === null) return;
  localStorage.removeItem(DRAFTS);
  const owner = session === null ? null : ownerOf(session);
  if (owner === null) return;
  const taken = (readKept(localStorage, takenKeyOf(owner)) as Drafts | null) ?? {};
  const fresh = Object.entries(former).filter(([threadId, draft]) => !isSameDraft(taken[threadId], draft));
  saveDrafts(owner, {}, { ...Object.fromEntries(fresh), ...loadDrafts(owner) });
  writeKept(localStorage, takenKeyOf(owner), former);
}

/** Commands always said whose they are. Those that this release keeps are younger. */
function takeOutbox(): void {
  const former = readKept(sessionStorage, OUTBOX) as { readonly owner: string; readonly entries: Outbox } | null;
  if (former === null) return;
  sessionStorage.removeItem(OUTBOX);
  const key = outboxKeyOf(former.owner);
  const kept = (readKept(sessionStorage, key) as Outbox | null) ?? [];
  const known = new Set(kept.map(({ commandId }) => commandId));
  writeKept(sessionStorage, key, [...former.entries.filter(({ commandId }) => !known.has(commandId)), ...kept]);
}

/** See above. `session`: the one that is kept in this browser, valid or not. */
export function takeFormerThings(session: SavedSession | null): void {
  takeDrafts(session);
  takeOutbox();
}
