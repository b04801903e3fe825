/** What an open conversation reads by itself, and what it leaves because somebody has marked it as unread. */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/contract/message.ts';
import { hasNothingToMark, isNews, seenIn, UNSURE, type Seen } from '../../client/src/state/reading.ts';
import { INITIAL_APP, type AppState } from '../../client/src/state/store.ts';
import { EMPTY_TIMELINE } from '../../client/src/sync/model.ts';
import { enqueue } from '../../client/src/sync/outbox.ts';
import { cutWhereRead, forgetAtSnapshot, noteSeen } from '../../client/src/sync/seen.ts';
import { mergeMessages } from '../../client/src/sync/apply-event.ts';
import { aFrame, aMessage, applied, aThread, at, id, inboxOf, numbered, withTimeline } from './example.ts';

const OURS = { direction: 'outbound' } as const;
const NOTICE = { kind: 'system' } as const;
const IMPORTED = { backlog: true } as const;
const ready = { ...EMPTY_TIMELINE, state: 'ready' } as const;

const lastly = (number: number) => ({ lastMessage: { id: id('m', number) } as never });
const seen = (messages: readonly Message[], last: number, olderCursor: string | null = null): Seen =>
  seenIn(aThread(1, lastly(last)), { ...ready, messages, olderCursor });

describe('what was seen when nothing was unread', () => {
  it('is all that the customer wrote', () => {
    const late = aMessage(9, { position: '00000001' });
    const { ids } = seen([late, aMessage(2), aMessage(10, OURS), aMessage(11, NOTICE)], 11);
    expect([...ids]).toEqual([late.id, aMessage(2).id]);
  });

  it('does not reach beyond what the conversation knows of: a message is shown before it is counted', () => {
    expect([...seen([aMessage(1), aMessage(2)], 1).ids]).toEqual([aMessage(1).id]);
    expect(seenIn(aThread(1), { ...ready, messages: [aMessage(1)] }).ids.size).toBe(0);
  });
});

describe('what is unread in an open conversation', () => {
  const two = [aMessage(1), aMessage(2)];
  const both = seen(two, 2);

  it('is all new when it was just opened', () => {
    expect(isNews(2, two, null)).toBe(true);
  });

  it('is new when it has come since, also if it was written before what is there', () => {
    expect(isNews(1, [...two, aMessage(3)], both)).toBe(true);
    expect(isNews(1, [aMessage(3, { position: '00000000' }), ...two], both)).toBe(true);
  });

  it('is new when a merge brought it, or a live copy of what was imported, though it was stored before', () => {
    const later = [aMessage(4), aMessage(5)];
    expect(isNews(1, [aMessage(3), ...later], seen(later, 5))).toBe(true);
    const imported = aMessage(3, IMPORTED);
    expect(isNews(1, [aMessage(3), ...later], seen([imported, ...later], 5))).toBe(true);
  });

  it('is not new when it was there, and nor is what comes after it was marked', () => {
    expect(isNews(1, two, both)).toBe(false);
    expect(isNews(2, [...two, aMessage(3)], both)).toBe(false);
  });

  it('does not grow by what is never unread, nor by older messages that are loaded meanwhile', () => {
    const others = [aMessage(3, OURS), aMessage(4, NOTICE), aMessage(5, IMPORTED)];
    expect(isNews(1, [...two, ...others], both)).toBe(false);
    const later = [aMessage(3), aMessage(4)];
    expect(isNews(1, [...two, ...later], seen(later, 4, 'older'))).toBe(false);
  });

  it('is not new after a snapshot, whatever has come, until nothing is unread', () => {
    expect(isNews(1, [...two, aMessage(3)], UNSURE)).toBe(false);
    expect(isNews(60, [aMessage(8), aMessage(9)], UNSURE)).toBe(false);
  });

  it('may be new where all that is loaded is', () => {
    expect(isNews(60, [aMessage(8), aMessage(9)], both)).toBe(true);
    expect(isNews(1, [aMessage(3)], seen([], 0))).toBe(true);
  });
});

describe('the open conversation in the stream', () => {
  const threadId = id('t', 1);
  const opened = (version: number): AppState => {
    const thread = aThread(1, { version, ...lastly(1) });
    const page = { items: [aMessage(1)], nextCursor: null };
    const inbox = mergeMessages(withTimeline(inboxOf(0, [thread])), threadId, page);
    const { ui, machine } = INITIAL_APP;
    return noteSeen({ ...INITIAL_APP, ui: { ...ui, selectedId: threadId }, machine: { ...machine, inbox } });
  };
  const changed = (version: number, unreadCount: number, last: number) =>
    ({ type: 'thread.updated', data: { thread: aThread(1, { version, unreadCount, ...lastly(last) }) } }) as const;
  const follow = (state: AppState, frame: ReturnType<typeof aFrame>): AppState =>
    cutWhereRead(frame, state.ui.selectedId).reduce<AppState>(
      (before, part) =>
        noteSeen({ ...before, machine: { ...before.machine, inbox: applied(before.machine.inbox, part) } }),
      state,
    );
  const newsIn = ({ machine: { inbox }, seen: noted }: AppState): boolean =>
    isNews(inbox.threads.get(threadId)!.unreadCount, inbox.timelines.get(threadId)!.messages, noted);

  const came = [{ type: 'message.created', data: { message: aMessage(2) } } as const, changed(2, 1, 2)];

  it('has as new what came meanwhile, but not once somebody read it and marked it, all in one frame', () => {
    expect(newsIn(follow(opened(1), aFrame(0, 2, numbered(1, came))))).toBe(true);
    const marked = follow(opened(1), aFrame(0, 5, numbered(1, [...came, changed(3, 0, 2), changed(4, 1, 2)])));
    expect(newsIn(marked)).toBe(false);
  });

  it('is cut without a gap, and not at all by what others are told', () => {
    const frame = aFrame(3, 9, numbered(4, [...came, changed(3, 0, 2), changed(4, 1, 2)]));
    expect(cutWhereRead(frame, threadId).map(({ from, to, events }) => [from, to, events.length])).toEqual([
      [3, 6, 3],
      [6, 9, 1],
    ]);
    const ending = aFrame(3, 6, numbered(4, [...came, changed(3, 0, 2)]));
    expect(cutWhereRead(ending, threadId)).toEqual([ending]);
    expect(cutWhereRead(frame, id('t', 2))).toEqual([frame]);
    expect(cutWhereRead(frame, null)).toEqual([frame]);
    expect(cutWhereRead(aFrame(3, 3), threadId)).toEqual([aFrame(3, 3)]);
  });

  it('has seen nothing by a message whose conversation has not changed yet', () => {
    const late = { type: 'message.created', data: { message: aMessage(2, { position: '00000000' }) } } as const;
    const half = follow(opened(1), aFrame(0, 1, numbered(1, [late])));
    expect(newsIn(follow(half, aFrame(1, 2, numbered(2, [changed(2, 1, 1)]))))).toBe(true);
  });

  it('has nothing new after a snapshot until it is read or opened anew; who has not read it yet still reads it', () => {
    const unsure = forgetAtSnapshot(opened(1));
    expect(newsIn(follow(unsure, aFrame(0, 2, numbered(1, came))))).toBe(false);
    const read = follow(unsure, aFrame(0, 3, numbered(1, [...came, changed(3, 0, 2)])));
    const more = [{ type: 'message.created', data: { message: aMessage(3) } } as const, changed(4, 1, 3)];
    expect(newsIn(follow(read, aFrame(3, 5, numbered(4, more))))).toBe(true);
    const unread = { ...opened(1), seen: null };
    expect(forgetAtSnapshot(unread)).toBe(unread);
  });

  it('is opened anew by whoever opens it while they are still marking it', () => {
    const marking = { commandId: 'one', name: 'thread:mark-unread', input: {}, threadId, createdAt: at(0) } as const;
    const anew = noteSeen({ ...opened(1), seen: null, outbox: enqueue([], marking) });
    expect(newsIn(follow(anew, aFrame(0, 1, numbered(1, [changed(2, 1, 1)]))))).toBe(true);
    expect(newsIn(follow(opened(1), aFrame(0, 1, numbered(1, [changed(2, 1, 1)]))))).toBe(false);
  });
});

it('nothing can be marked only where the whole conversation is known to have nothing of the customer', () => {
  const without = [aMessage(1, OURS), aMessage(2, NOTICE), aMessage(3, IMPORTED)];
  expect(hasNothingToMark({ ...ready, messages: without })).toBe(true);
  expect(hasNothingToMark({ ...ready, messages: without, olderCursor: 'more' })).toBe(false);
  expect(hasNothingToMark({ ...ready, messages: [...without, aMessage(4)] })).toBe(false);
  expect(hasNothingToMark(undefined)).toBe(false);
});
