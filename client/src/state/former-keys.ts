/**
 * What earlier releases kept in this browser under keys that named no owner or held all drafts: taken over once, when a window first starts
 * with this release.
 */
import type { Outbox } from '../sync/outbox.ts';
import { loadDrafts, saveDrafts, type Drafts } from './kept-drafts.ts';
import { outboxKeyOf, ownerOf } from './persist.ts';
import { readKept, writeKept } from './storage.ts';
import type { Draft, SavedSession } from './store.ts';

const DRAFTS = 'hunfly.drafts';
const OUTBOX = 'hunfly.outbox';

/** What was taken over last, by owner: enough to know it again, and no word of it. */
const takenKeyOf = (owner: string): string => `hunfly.drafts.taken/${owner}`;

type Digests = Readonly<Record<string, number>>;

/** FNV-1a: 32 bits tell two states of one draft apart, and do not tell what they were. */
function digestOf({ reply, note }: Draft): number {
  let hash = 0x811c9dc5;
  for (const unit of `${reply}\0${note}`) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** The drafts under these keys, which go. */
function readAway(keys: readonly string[]): readonly (readonly [string, Draft])[] {
  return keys.flatMap((key) => {
    const drafts = readKept(localStorage, key) as Drafts | null;
    localStorage.removeItem(key);
    return Object.entries(drafts ?? {});
  });
}

/**
 * Whoever the kept session is of wrote them, even if it has run out. Without one nobody knows whose they are: they go. A
 * window of an earlier release that is still open keeps all that it knows, again and again: a draft that was taken over
 * and not changed there since may have been sent from here.
 */
function takeDrafts(session: SavedSession | null): void {
  const owner = session === null ? null : ownerOf(session);
  const former = readAway(owner === null ? [DRAFTS] : [DRAFTS, `${DRAFTS}/${owner}`]);
  if (owner === null || former.length === 0) return;
  const taken = (readKept(localStorage, takenKeyOf(owner)) as Digests | null) ?? {};
  const digests = former.map(([threadId, draft]) => [threadId, digestOf(draft)] as const);
  const known = new Set(
    digests.filter(([threadId, digest]) => taken[threadId] === digest).map(([threadId]) => threadId),
  );
  const own = loadDrafts(owner);
  const fresh = former.filter(([threadId]) => !known.has(threadId) && !(threadId in own));
  saveDrafts(owner, {}, Object.fromEntries(fresh));
  writeKept(localStorage, takenKeyOf(owner), Object.fromEntries(digests));
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
