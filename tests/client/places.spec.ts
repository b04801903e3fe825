/** What is shown of a conversation besides its newest messages, and what of a search is known. */
import { describe, expect, it } from 'vitest';
import type { TextHit } from '../../src/contract/text-hits.ts';
import { aimAt, aimNow } from '../../client/src/state/aim.ts';
import { findingFor, forgetChanged, hitOf, NO_HITS, withHits } from '../../client/src/state/finding.ts';
import { lastSeenId } from '../../client/src/state/reading.ts';
import { INITIAL_APP, makeStore } from '../../client/src/state/store.ts';
import type { Server } from '../../client/src/sync/asking.ts';
import { makeInThread } from '../../client/src/sync/find-in-thread.ts';
import { EMPTY_TIMELINE, type Timeline } from '../../client/src/sync/model.ts';
import {
  addNewer,
  addOlder,
  arrivedSince,
  dropMessage,
  mergePage,
  putMessage,
  showNewest,
  shownOf,
  showPage,
  type MessagePage,
} from '../../client/src/sync/timelines.ts';
import { aMessage, aNote, at, id, numbered } from './example.ts';

const run = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => aMessage(from + index));

/** A page of the messages from one number to another, of a hundred altogether. */
const page = (from: number, to: number): MessagePage => ({
  items: run(from, to),
  nextCursor: from === 1 ? null : aMessage(from).position,
  newerCursor: to === 100 ? null : aMessage(to).position,
});

const shown = (timeline: Timeline): (string | null)[] => shownOf(timeline).messages.map(({ text }) => text);
const said = (from: number, to: number): string[] => run(from, to).map(({ text }) => text ?? '');

/** A page beside what is shown elsewhere, as it was asked for. */
const older = (timeline: Timeline, to: MessagePage) => addOlder(timeline, to, timeline.elsewhere?.olderCursor ?? '');
const newer = (timeline: Timeline, to: MessagePage) => addNewer(timeline, to, timeline.elsewhere?.newerCursor ?? '');

const newest = mergePage(EMPTY_TIMELINE, page(91, 100));
const elsewhere = showPage(newest, page(41, 50));

describe('a stretch elsewhere', () => {
  it('is shown instead of the newest messages, which stay as they are', () => {
    expect(shown(elsewhere)).toEqual(said(41, 50));
    expect(elsewhere.messages).toEqual(newest.messages);
    expect(elsewhere.shown).toBe(newest.shown + 1);
    expect(shown(showNewest(elsewhere))).toEqual(said(91, 100));
    expect(showNewest(newest)).toBe(newest);
  });

  it('grows to both sides, and is still the same that is shown', () => {
    const grown = newer(older(elsewhere, page(31, 40)), page(51, 60));
    expect(shown(grown)).toEqual(said(31, 60));
    expect(shownOf(grown).olderCursor).toBe(aMessage(31).position);
    expect(grown.elsewhere?.newerCursor).toBe(aMessage(60).position);
    expect(grown.shown).toBe(elsewhere.shown);
  });

  it('is joined with the newest messages where it reaches them, without a gap and without a jump', () => {
    const near = showPage(newest, page(71, 85));
    const joined = newer(near, page(86, 95));
    expect(joined.elsewhere).toBeNull();
    expect(shown(joined)).toEqual(said(71, 100));
    expect(joined.olderCursor).toBe(aMessage(71).position);
    expect(joined.shown).toBe(near.shown);
    expect(shown(showPage(newest, page(81, 92)))).toEqual(said(81, 100));
    expect(showPage(newest, page(81, 92)).shown).toBe(newest.shown);
  });

  it('is not joined before that: what lies between would be missing', () => {
    expect(showPage(newest, page(81, 90)).elsewhere).not.toBeNull();
    expect(shown(showPage(newest, page(81, 90)))).toEqual(said(81, 90));
  });

  it('keeps what was loaded further up meanwhile', () => {
    const more = mergePage(newest, page(61, 90));
    expect(shownOf(showPage(more, page(71, 80))).olderCursor).toBe(aMessage(61).position);
    expect(shown(showPage(more, page(71, 80)))).toEqual(said(61, 100));
  });

  it('is not torn by new messages, and follows what becomes of its own', () => {
    const later = putMessage(elsewhere, aMessage(101));
    expect(shown(later)).toEqual(said(41, 50));
    expect(later.messages.at(-1)?.text).toBe('message 101');
    const deleted = putMessage(elsewhere, aMessage(45, { version: 2, text: null, revokedAt: at(200) }));
    expect(shownOf(deleted).messages[4]).toMatchObject({ text: null, version: 2 });
    expect(shown(putMessage(deleted, aMessage(45)))).toEqual(shown(deleted));
    expect(shown(dropMessage(elsewhere, id('m', 45)))).not.toContain('message 45');
    const again = older(dropMessage(elsewhere, id('m', 39)), page(31, 40));
    expect(shown(again)).not.toContain('message 39');
  });

  it('has the notes that were written meanwhile, and no others', () => {
    const notes = [aNote(1, { createdAt: at(44.5) }), aNote(2, { createdAt: at(95.5) })];
    expect(shownOf({ ...elsewhere, notes }).notes).toEqual([notes[0]]);
    expect(shownOf({ ...newest, notes }).notes).toEqual(notes);
  });

  it('takes no page that was asked for before it was left', () => {
    expect(addOlder(newest, page(31, 40), aMessage(41).position)).toBe(newest);
    const another = showPage(elsewhere, page(11, 20));
    expect(addOlder(another, page(31, 40), aMessage(41).position)).toBe(another);
    expect(addNewer(another, page(51, 60), aMessage(50).position)).toBe(another);
  });

  it('knows what has come since the newest messages were left, also after going on to another place', () => {
    const later = showPage(putMessage(elsewhere, aMessage(101)), page(11, 20));
    expect([arrivedSince(elsewhere), lastSeenId(elsewhere, 0)]).toEqual([0, id('m', 100)]);
    expect([arrivedSince(later), lastSeenId(later, 0)]).toEqual([1, id('m', 100)]);
    const shorter = dropMessage(later, id('m', 100));
    expect([arrivedSince(shorter), lastSeenId(shorter, 0)]).toEqual([1, id('m', 99)]);
    const back = showNewest(later);
    expect([arrivedSince(back), lastSeenId(back, 0)]).toEqual([0, id('m', 101)]);
  });

  it('does not take for seen what nobody has read: the newest messages were not on screen if it was opened there', () => {
    expect(lastSeenId(elsewhere, 2)).toBe(id('m', 98));
    expect(lastSeenId(elsewhere, 10)).toBe(id('m', 50));
    expect(lastSeenId(elsewhere, 60)).toBe(id('m', 50));
    expect(lastSeenId(showNewest(elsewhere), 2)).toBe(id('m', 100));
  });
});

describe('an aim', () => {
  const aim = aimAt(id('t', 1), id('m', 45));

  it('is reached when its message is shown, and wanted again when it is not any more', () => {
    expect(aimNow(aim, newest)).toBe(aim);
    expect(aimNow(aim, undefined)).toBe(aim);
    const reached = aimNow(aim, elsewhere);
    expect(reached.state).toBe('reached');
    expect(aimNow(reached, elsewhere)).toBe(reached);
    expect(aimNow(reached, undefined).state).toBe('wanted');
    expect(aimNow(reached, newest).state).toBe('wanted');
    expect(aimNow({ ...aim, state: 'missing' }, newest).state).toBe('missing');
  });
});

describe('what a search has found', () => {
  const hit = (number: number): TextHit => ({
    ...{ threadId: id('t', number), messageId: id('m', number), position: String(number), direction: 'inbound' },
    ...{ author: { type: 'contact', id: null }, sentAt: at(number), snippet: [{ text: 'a kettle', isFound: true }] },
  });
  const found = withHits(NO_HITS, 'kettle', [id('t', 1), id('t', 2)], [hit(1)]);
  const known = (query: string, threadId: string, hits = found) =>
    hitOf({ ...INITIAL_APP, hits, ui: { ...INITIAL_APP.ui, query } }, threadId);

  it('is known of what was asked for, and only for the same words', () => {
    expect(known(' kettle ', id('t', 1))).toEqual(hit(1));
    expect(known('kettle', id('t', 2))).toBeNull();
    expect(known('kettle', id('t', 3))).toBeUndefined();
    expect(known('kettl', id('t', 1))).toBeUndefined();
    expect(withHits(found, 'pot', [id('t', 2)], []).byThread.size).toBe(1);
  });

  it('is forgotten when the message was changed, deleted or removed, or its conversation left the view', () => {
    const after = (event: Parameters<typeof numbered>[1][number]) => forgetChanged(found, numbered(11, [event]));
    const revoked = { ...aMessage(1), revokedAt: at(9), text: null };
    expect(after({ type: 'message.updated', data: { message: revoked } }).byThread.has(id('t', 1))).toBe(false);
    const removed = { messageId: id('m', 1), threadId: id('t', 1) };
    expect(after({ type: 'message.removed', data: removed }).byThread.has(id('t', 1))).toBe(false);
    const gone = { threadId: id('t', 1), reason: 'erased' } as const;
    expect(after({ type: 'thread.removed', data: gone }).byThread.has(id('t', 1))).toBe(false);
    expect(after({ type: 'message.updated', data: { message: aMessage(7) } })).toBe(found);
  });

  it('does not come back with an answer that was on its way when it was deleted', () => {
    for (const query of ['kettle', 'pot']) {
      const revoked = { ...aMessage(3), revokedAt: at(9), text: null };
      const events = numbered(11, [
        { type: 'message.updated', data: { message: revoked } },
        { type: 'message.removed', data: { messageId: id('m', 4), threadId: id('t', 4) } },
      ]);
      const ids = [id('t', 3), id('t', 4), id('t', 5)];
      const late = withHits(forgetChanged(found, events), query, ids, [hit(3), hit(4), hit(5)]);
      expect(ids.map((threadId) => known(query, threadId, late))).toEqual([undefined, undefined, hit(5)]);
    }
  });
});

describe('a search in a conversation', () => {
  it('does not take the answer to one before it, in the same conversation, that comes late', async () => {
    const store = makeStore({ ...INITIAL_APP, finding: findingFor(id('t', 1), 'before') }, () => 0);
    const opened = findingFor(id('t', 1), 'now', { shownId: id('m', 2) });
    const ask = (): Promise<unknown> => {
      store.update((state) => ({ ...state, finding: opened }));
      return Promise.resolve({ ok: true, data: { items: [{ messageId: id('m', 1) }], nextCursor: null } });
    };
    await makeInThread(store, { ask } as unknown as Server).runFind();
    expect(store.get().finding).toEqual(opened);
  });
});
