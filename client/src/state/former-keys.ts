/**
 * Takes over, when a window starts, what earlier releases stored in this browser under keys that named no owner or held
 * all drafts together.
 */
import type { Outbox } from '../sync/outbox.ts';
import { loadDrafts, saveDrafts, type Drafts } from './kept-drafts.ts';
import { outboxKeyOf, ownerOf } from './persist.ts';
import { readKept, writeKept } from './storage.ts';
import type { Draft, SavedSession } from './store.ts';

const DRAFTS = 'hunfly.drafts';
const OUTBOX = 'hunfly.outbox';

/**
 * Key for digests of the drafts last taken over, by owner. They allow recognizing a draft again without storing its
 * text.
 */
const takenKeyOf = (owner: string): string => `hunfly.drafts.taken/${owner}`;

type Digests = Readonly<Record<string, number>>;

/** FNV-1a. 32 bits are enough to tell two versions of one draft apart, and do not reveal the text. */
function digestOf({ reply, note }: Draft): number {
  let hash = 0x811c9dc5;
  for (const unit of `${reply}\0${note}`) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  return hash >>> 0;
}

/** Reads the drafts under these keys and deletes the keys. */
function readAway(keys: readonly string[]): readonly (readonly [string, Draft])[] {
  return keys.flatMap((key) => {
    const drafts = readKept(localStorage, key) as Drafts | null;
    localStorage.removeItem(key);
    return Object.entries(drafts ?? {});
  });
}

/**
 * The drafts belong to the person of the saved session, even if it has expired. Without a session their owner is
 * unknown, and they are deleted. A window of an earlier release that is still open stores all its drafts again and
 * again. A draft that was already taken over and has not changed there since is skipped, since it may have been sent
 * from here.
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

/**
 * Earlier releases stored the owner with the commands. The commands that this release has stored are newer, so they go
 * last.
 */
function takeOutbox(): void {
  const former = readKept(sessionStorage, OUTBOX) as { readonly owner: string; readonly entries: Outbox } | null;
  if (former === null) return;
  sessionStorage.removeItem(OUTBOX);
  const key = outboxKeyOf(former.owner);
  const kept = (readKept(sessionStorage, key) as Outbox | null) ?? [];
  const known = new Set(kept.map(({ commandId }) => commandId));
  writeKept(sessionStorage, key, [...former.entries.filter(({ commandId }) => !known.has(commandId)), ...kept]);
}

/** Takes over drafts and unsent commands. `session` is the one saved in this browser, valid or expired. */
export function takeFormerThings(session: SavedSession | null): void {
  takeDrafts(session);
  takeOutbox();
}
