import { describe, expect, it } from 'vitest';
import type { Thread } from '../../src/contract/entities.ts';
import type { Message } from '../../src/contract/message.ts';
import { isFewEmoji, parseRichText, plainText } from '../../client/src/components/rich-text.ts';
import {
  BASE_KEY,
  countedIn,
  DEFAULT_VIEW,
  filterOf,
  hasMore,
  threadsInView,
  viewKey,
  windowState,
  type ListPage,
} from '../../client/src/state/selectors.ts';
import {
  firstUnread,
  timelineItems,
  type TimelineItem,
  type TimelineParts,
} from '../../client/src/state/timeline-items.ts';
import type { Entry } from '../../client/src/sync/outbox.ts';
import { applyPresence, applyTyping, applyViewing, expireTyping, NOBODY } from '../../client/src/sync/volatile.ts';
import { aFrame, aMessage, aNote, applied, aThread, at, COLLEAGUE, id, inboxOf, ME, numbered } from './example.ts';

const mine = { assigneeId: ME as Thread['assigneeId'] };
const END: ListPage = { next: null, frontier: null, state: 'idle' };

describe('a view', () => {
  const inbox = inboxOf(1, [
    aThread(1),
    aThread(2, mine),
    aThread(3, { status: 'resolved' }),
    aThread(4, { tags: ['vip'], status: 'snoozed' }),
  ]);
  const shown = (view: Partial<typeof DEFAULT_VIEW>): readonly string[] =>
    threadsInView(
      inbox,
      { ...DEFAULT_VIEW, ...view },
      { [BASE_KEY]: END, [viewKey({ ...DEFAULT_VIEW, ...view })]: END },
    );

  it('shows what belongs to it, latest first', () => {
    expect(shown({})).toEqual([id('t', 4), id('t', 2), id('t', 1)]);
    expect(shown({ folder: 'mine' })).toEqual([id('t', 2)]);
    expect(shown({ folder: { memberId: inbox.me ?? '' } })).toEqual([id('t', 2)]);
    expect(shown({ folder: { memberId: 'another' } })).toEqual([]);
    expect(shown({ folder: 'unassigned' })).toEqual([id('t', 4), id('t', 1)]);
    expect(shown({ status: 'resolved' })).toEqual([id('t', 3)]);
    expect(shown({ tag: 'vip' })).toEqual([id('t', 4)]);
    expect(shown({ accountId: 'other' })).toEqual([]);
  });

  it('hides what lies below its loaded pages, so that no hole is shown', () => {
    const lists = { [BASE_KEY]: { next: 'more', frontier: aThread(2), state: 'idle' } as const };
    expect(threadsInView(inbox, DEFAULT_VIEW, lists)).toEqual([id('t', 4), id('t', 2)]);
    expect(hasMore(DEFAULT_VIEW, lists)).toBe(true);
  });

  describe('from the oldest on', () => {
    const oldest = { ...DEFAULT_VIEW, order: 'oldest' } as const;
    const loadedTo = (number: number): ListPage => ({ next: 'more', frontier: aThread(number), state: 'idle' });
    const crowd = inboxOf(
      1,
      [1, 2, 3, 4, 5, 6].map((number) => aThread(number)),
    );

    it('shows what belongs to it the other way round', () => {
      expect(shown({ order: 'oldest' })).toEqual([id('t', 1), id('t', 2), id('t', 4)]);
      expect(shown({ order: 'oldest', folder: 'unassigned' })).toEqual([id('t', 1), id('t', 4)]);
      expect(threadsInView(inbox, oldest, { [BASE_KEY]: END }, 2)).toEqual([id('t', 1), id('t', 2)]);
    });

    it('knows nothing by the pages of the other end, which may leave older ones out', () => {
      const lists = { [BASE_KEY]: loadedTo(4) };
      expect(threadsInView(crowd, oldest, lists)).toEqual([]);
      expect(hasMore(oldest, lists)).toBe(true);
    });

    it('hides what lies beyond its own pages', () => {
      const lists = { [BASE_KEY]: loadedTo(5), [viewKey(oldest)]: loadedTo(2) };
      expect(threadsInView(crowd, oldest, lists)).toEqual([id('t', 1), id('t', 2)]);
      expect(threadsInView(crowd, DEFAULT_VIEW, lists)).toEqual([id('t', 6), id('t', 5)]);
      expect(hasMore(oldest, lists)).toBe(true);
    });

    it('is known whole where its pages and those of the other end meet', () => {
      const lists = { [BASE_KEY]: loadedTo(3), [viewKey(oldest)]: loadedTo(4) };
      expect(threadsInView(crowd, oldest, lists)).toEqual([1, 2, 3, 4, 5, 6].map((number) => id('t', number)));
      expect(hasMore(oldest, lists)).toBe(false);
      expect(hasMore(DEFAULT_VIEW, lists)).toBe(false);
      expect(hasMore(oldest, { ...lists, [viewKey(oldest)]: loadedTo(2) })).toBe(true);
    });

    it('keeps its order while events come, and takes in what comes into its part', () => {
      const lists = { [BASE_KEY]: loadedTo(5), [viewKey(oldest)]: loadedTo(3) };
      const wrote = aThread(1, { version: 2, lastActivityAt: at(60) });
      const reopened = aThread(9, { version: 2, lastActivityAt: at(2.5) });
      const after = applied(
        crowd,
        aFrame(
          1,
          3,
          numbered(2, [
            { type: 'thread.updated', data: { thread: wrote } },
            { type: 'thread.updated', data: { thread: reopened } },
          ]),
        ),
      );
      expect(threadsInView(after, oldest, lists)).toEqual([id('t', 2), id('t', 9), id('t', 3)]);
      expect(threadsInView(after, DEFAULT_VIEW, lists)).toEqual([id('t', 1), id('t', 6), id('t', 5)]);
    });
  });

  it('of what is unread leaves out what is read, also when it is read now', () => {
    const unread = { ...DEFAULT_VIEW, unread: true };
    const full = inboxOf(1, [aThread(1, { unreadCount: 2 }), aThread(2), aThread(3, { unreadCount: 1 })]);
    expect(threadsInView(full, unread, { [BASE_KEY]: END })).toEqual([id('t', 3), id('t', 1)]);
    const read = aThread(3, { version: 2 });
    const after = applied(full, aFrame(1, 2, numbered(2, [{ type: 'thread.updated', data: { thread: read } }])));
    expect(threadsInView(after, unread, { [BASE_KEY]: END })).toEqual([id('t', 1)]);
  });

  it('is counted where the server counts it, and there is its length', () => {
    const counts = { mine: 1, unassigned: 2, all: 3, unread: 4 };
    const counted = (view: Partial<typeof DEFAULT_VIEW>): number | null =>
      countedIn({ ...DEFAULT_VIEW, ...view }, counts);
    expect(['mine', 'unassigned', 'all'].map((folder) => counted({ folder } as never))).toEqual([1, 2, 3]);
    expect(counted({ order: 'oldest' })).toBe(3);
    expect(counted({ unread: true })).toBe(4);
    expect([counted({ unread: true, folder: 'mine' }), counted({ tag: 'vip' }), counted({ status: 'open' })]).toEqual([
      null,
      null,
      null,
    ]);
    expect(counted({ folder: { memberId: ME } })).toBeNull();
  });

  it('of resolved threads is not covered by the list of active ones', () => {
    const view = { ...DEFAULT_VIEW, status: 'resolved' } as const;
    expect(threadsInView(inbox, view, { [BASE_KEY]: END })).toEqual([]);
    expect(hasMore(view, { [BASE_KEY]: END })).toBe(true);
  });

  it('asks the server for exactly itself', () => {
    expect(filterOf(DEFAULT_VIEW)).toEqual({ status: 'active' });
    expect(filterOf({ ...DEFAULT_VIEW, folder: { memberId: 'm' } })).toEqual({ assignee: 'm', status: 'active' });
    expect(filterOf({ ...DEFAULT_VIEW, folder: 'unassigned', unread: true })).toEqual({
      assignee: 'none',
      status: 'active',
      unread: true,
    });
    expect(filterOf({ ...DEFAULT_VIEW, folder: 'mine', status: 'open', tag: 'vip', accountId: 'a' })).toEqual({
      assignee: 'me',
      status: 'open',
      tag: 'vip',
      accountId: 'a',
    });
  });
});

const linesOf = (parts: Partial<TimelineParts>): readonly TimelineItem[] =>
  timelineItems({
    timeline: { messages: [], notes: [] },
    echoes: [],
    uploads: [],
    unreadFromId: null,
    me: ME,
    ...parts,
  });

describe('the lines of a timeline', () => {
  const echo: Entry = {
    commandId: 'k',
    name: 'message:send',
    input: { kind: 'text', text: 'hi' },
    threadId: id('t', 1),
    state: 'waiting',
    attempts: 0,
    createdAt: at(30),
    error: null,
  };

  it('put notes where they were written, days between days, echoes last', () => {
    const lines = linesOf({
      timeline: { messages: [aMessage(1), aMessage(10), aMessage(4000)], notes: [aNote(5), aNote(4001)] },
      echoes: [echo],
    });
    expect(lines.map((line) => line.type)).toEqual([
      'day',
      'message',
      'note',
      'message',
      'day',
      'message',
      'note',
      'echo',
    ]);
  });

  it('keep the key of an echo when it becomes a message', () => {
    const before = linesOf({ echoes: [echo] }).at(-1)?.key;
    const after = linesOf({ timeline: { messages: [aMessage(30, { commandId: 'k' })], notes: [] } }).at(-1)?.key;
    expect(after).toBe(before);
  });

  it('group what one person wrote within five minutes', () => {
    const lines = linesOf({ timeline: { messages: [aMessage(1), aMessage(2), aMessage(20)], notes: [] } });
    expect(lines.filter((line) => line.type === 'message').map((line) => line.isFirst)).toEqual([true, false, true]);
  });

  it('begin a group with what is on its way exactly where they do with the message that comes of it', () => {
    const by = (memberId: string, minute: number): Message =>
      aMessage(minute, { direction: 'outbound', author: { type: 'member', id: memberId } });
    const firsts = [[], [aMessage(29)], [by(ME, 28)], [by(ME, 10)], [by(COLLEAGUE, 28)]].map((messages) => {
      const sent = linesOf({ timeline: { messages: [...messages, by(ME, 30)], notes: [] } }).at(-1);
      const echoed = linesOf({ timeline: { messages, notes: [] }, echoes: [echo] }).at(-1);
      return [sent, echoed].map((line) => (line?.type === 'message' || line?.type === 'echo' ? line.isFirst : null));
    });
    const [yes, no] = [
      [true, true],
      [false, false],
    ];
    expect(firsts).toEqual([yes, yes, no, yes, yes]);
    const two = linesOf({ echoes: [echo, { ...echo, commandId: 'l' }] });
    expect(two.flatMap((line) => (line.type === 'echo' ? [line.isFirst] : []))).toEqual([true, false]);
  });

  it('mark where the unread part begins', () => {
    const messages = [aMessage(1), aMessage(2, { direction: 'outbound' }), aMessage(3), aMessage(4)];
    expect(firstUnread(messages, { unread: 2, lastId: id('m', 4) })).toBe(id('m', 3));
    expect(firstUnread(messages, { unread: 0, lastId: id('m', 4) })).toBeNull();
    // The fourth came between opening and loading; one whose last message is gone is counted from the end.
    expect(firstUnread(messages, { unread: 1, lastId: id('m', 3) })).toBe(id('m', 3));
    expect(firstUnread(messages, { unread: 1, lastId: id('m', 9) })).toBe(id('m', 4));
    const lines = linesOf({ timeline: { messages, notes: [] }, unreadFromId: id('m', 1) }).map((line) => line.type);
    expect(lines.slice(0, 3)).toEqual(['day', 'unread', 'message']);
  });
});

describe('the 24-hour window', () => {
  const now = Date.parse(at(0));

  it('warns at two hours and at a quarter, and closes', () => {
    expect(windowState(at(180), true, now).level).toBe('open');
    expect(windowState(at(119), true, now).level).toBe('soon');
    expect(windowState(at(14), true, now).level).toBe('urgent');
    expect(windowState(at(0), true, now).level).toBe('closed');
  });

  it('is closed before the first message where one is needed, and absent where none is', () => {
    expect(windowState(null, true, now).level).toBe('closed');
    expect(windowState(null, false, now).level).toBe('none');
  });
});

describe('marks that are not logged', () => {
  const typing = { threadId: id('t', 1), by: { type: 'contact', id: 'c' }, typing: true, until: at(1) } as const;

  it('end by themselves when nobody renews them', () => {
    const state = applyTyping(NOBODY, typing, { now: 0, leftMs: 60_000 });
    expect(expireTyping(state, 5999)).toBe(state);
    expect(expireTyping(state, 6001).typing.size).toBe(0);
  });

  it('end when somebody stops', () => {
    const state = applyTyping(NOBODY, typing, { now: 0, leftMs: 5000 });
    expect(applyTyping(state, { ...typing, typing: false }, { now: 1, leftMs: 5000 }).typing.size).toBe(0);
  });

  it('replace presence when full, else only what changed', () => {
    const one = { memberId: id('p', 1), state: 'online', activeThreads: 1, since: at(0) } as const;
    const two = { ...one, memberId: id('p', 2) };
    const both = applyPresence(applyPresence(NOBODY, { members: [one], full: true }), { members: [two], full: false });
    expect(both.presence.size).toBe(2);
    expect(applyPresence(both, { members: [two], full: true }).presence.size).toBe(1);
  });

  it('forget a thread nobody looks at', () => {
    const viewer = { memberId: id('p', 1), state: 'viewing', since: at(0) } as const;
    const state = applyViewing(NOBODY, { threadId: id('t', 1), members: [viewer] });
    expect(applyViewing(state, { threadId: id('t', 1), members: [] }).viewing.size).toBe(0);
  });
});

describe('a message’s text', () => {
  it('is marked as the phone marks it', () => {
    expect(parseRichText('*a* _b_ ~c~')).toEqual([
      { type: 'bold', pieces: [{ type: 'text', text: 'a' }] },
      { type: 'text', text: ' ' },
      { type: 'italic', pieces: [{ type: 'text', text: 'b' }] },
      { type: 'text', text: ' ' },
      { type: 'struck', pieces: [{ type: 'text', text: 'c' }] },
    ]);
    for (const text of ['```x *y*```', '`x *y*`']) {
      expect(parseRichText(text)).toEqual([{ type: 'code', text: 'x *y*' }]);
    }
  });

  it('is plain where a line draws no marks', () => {
    expect(plainText('*It is _really_* ~not~ ```x``` 2 * 3, see https://a.example/x.')).toBe(
      'It is really not x 2 * 3, see https://a.example/x.',
    );
  });

  it('keeps marks that are not marks', () => {
    for (const text of ['2 * 3 * 4', 'snake_case_name', '* a *', '~', '<b>x</b>', 'geht`s, ist`s', '``']) {
      expect(parseRichText(text)).toEqual([{ type: 'text', text }]);
    }
  });

  it('is drawn large when it is one to three emoji and nothing else', () => {
    for (const text of ['👍', ' ❤️ ', '🎉🎉🎉', '👩‍👩‍👧‍👦 🇩🇪\n👋🏽', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👩🏽‍❤️‍💋‍👨🏽']) expect(isFewEmoji(text)).toBe(true);
    for (const text of ['', ' ', '1', '#', '🎉🎉🎉🎉', '👍 ok', ':)']) expect(isFewEmoji(text)).toBe(false);
  });

  it('links web addresses only, without the full stop after them', () => {
    expect(parseRichText('see https://a.example/x.')).toEqual([
      { type: 'text', text: 'see ' },
      { type: 'link', text: 'https://a.example/x', href: 'https://a.example/x' },
      { type: 'text', text: '.' },
    ]);
    expect(parseRichText('javascript:alert(1)')).toEqual([{ type: 'text', text: 'javascript:alert(1)' }]);
  });
});
