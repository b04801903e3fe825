/**
 * What earlier releases kept in this browser under keys that name no owner: taken over once, when a window first starts
 * with this release.
 */
import { loadDrafts, saveDrafts, type Drafts } from './kept-drafts.ts';
import { outboxKeyOf, ownerOf } from './persist.ts';
import { readKept, writeKept } from './storage.ts';
import type { SavedSession } from './store.ts';

const DRAFTS = 'hunfly.drafts';
const OUTBOX = 'hunfly.outbox';

/** Whoever the kept session is of wrote them, even if it has run out. Without one nobody knows whose they are: they go. */
function takeDrafts(session: SavedSession | null): void {
  const former = readKept(localStorage, DRAFTS) as Drafts | null;
  if (former === null) return;
  localStorage.removeItem(DRAFTS);
  const owner = session === null ? null : ownerOf(session);
  if (owner === null) return;
  saveDrafts(owner, {}, { ...former, ...loadDrafts(owner) });
}

/** Commands always said whose they are. */
function takeOutbox(): void {
  const former = readKept(sessionStorage, OUTBOX) as { readonly owner: string; readonly entries: unknown } | null;
  if (former === null) return;
  sessionStorage.removeItem(OUTBOX);
  writeKept(sessionStorage, outboxKeyOf(former.owner), former.entries);
}

/** See above. `session`: the one that is kept in this browser, valid or not. */
export function takeFormerThings(session: SavedSession | null): void {
  takeDrafts(session);
  takeOutbox();
}
