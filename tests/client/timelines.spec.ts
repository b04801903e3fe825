import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beginTimeline,
  failTimeline,
  keepTimelines,
  mergeAnswer,
  mergeMessages,
} from '../../client/src/sync/apply-event.ts';
import { aFrame, aMessage, aNote, aThread, id, inboxOf, numbered, applied, texts, withTimeline } from './example.ts';

describe('a timeline', () => {
  it('that is not loaded ignores messages', () => {
    const events = numbered(11, [{ type: 'message.created', data: { message: aMessage(1) } }]);
    expect(applied(inboxOf(10, [aThread(1)]), aFrame(10, 11, events)).timelines.size).toBe(0);
  });

  it('keeps what arrives while its first page is on the way', () => {
    const events = numbered(11, [{ type: 'message.created', data: { message: aMessage(3) } }]);
    const state = applied(withTimeline(inboxOf(10, [aThread(1)])), aFrame(10, 11, events));
    const loaded = mergeMessages(state, id('t', 1), { items: [aMessage(1), aMessage(2)], nextCursor: null });
    expect(texts(loaded)).toEqual(['message 1', 'message 2', 'message 3']);
  });

  it('stands in order of position, whatever the order of arrival', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6], { minLength: 6 }), (order) => {
        const events = numbered(
          11,
          order.map((number) => ({ type: 'message.created', data: { message: aMessage(number) } }) as const),
        );
        const state = applied(withTimeline(inboxOf(10, [aThread(1)])), aFrame(10, 16, events));
        expect(texts(state)).toEqual([1, 2, 3, 4, 5, 6].map((number) => `message ${String(number)}`));
      }),
    );
  });

  it('loses a message that is gone, and no page read before brings it back', () => {
    const page = { items: [aMessage(1), aMessage(2)], nextCursor: null };
    const ready = mergeMessages(withTimeline(inboxOf(10, [aThread(1)])), id('t', 1), page);
    const events = numbered(11, [{ type: 'message.removed', data: { messageId: id('m', 1), threadId: id('t', 1) } }]);
    const state = applied(ready, aFrame(10, 11, events));
    expect(texts(state)).toEqual(['message 2']);
    expect(texts(mergeMessages(state, id('t', 1), page))).toEqual(['message 2']);
  });

  it('never lets a page undo a newer tick, nor an event an even newer page', () => {
    const read = aMessage(1, { version: 4, status: 'read' });
    const events = numbered(11, [{ type: 'message.updated', data: { message: read } }]);
    const ready = mergeMessages(withTimeline(inboxOf(10, [aThread(1)])), id('t', 1), {
      items: [aMessage(1)],
      nextCursor: null,
    });
    const state = applied(ready, aFrame(10, 11, events));
    const again = mergeMessages(state, id('t', 1), { items: [aMessage(1, { version: 2 })], nextCursor: null });
    expect(again.timelines.get(id('t', 1))?.messages).toEqual([read]);
    const late = numbered(12, [{ type: 'message.updated', data: { message: aMessage(1, { version: 3 }) } }]);
    expect(applied(again, aFrame(11, 12, late)).timelines.get(id('t', 1))?.messages).toEqual([read]);
  });

  it('does not take a message from before its loaded stretch, which would leave a hole', () => {
    const ready = mergeMessages(withTimeline(inboxOf(10, [aThread(1)])), id('t', 1), {
      items: [aMessage(5)],
      nextCursor: 'older',
    });
    const events = numbered(11, [{ type: 'message.updated', data: { message: aMessage(2, { version: 9 }) } }]);
    expect(texts(applied(ready, aFrame(10, 11, events)))).toEqual(['message 5']);
  });

  it('grows upwards by older pages without doubling', () => {
    const ready = mergeMessages(withTimeline(inboxOf(10, [aThread(1)])), id('t', 1), {
      items: [aMessage(3)],
      nextCursor: 'older',
    });
    const older = mergeMessages(ready, id('t', 1), {
      items: [aMessage(2), aMessage(3)],
      nextCursor: null,
      notes: [aNote(1), aNote(1)],
    });
    expect(texts(older)).toEqual(['message 2', 'message 3']);
    expect(older.timelines.get(id('t', 1))?.notes).toHaveLength(1);
  });

  it('moves a message whose position changed', () => {
    const ready = mergeMessages(withTimeline(inboxOf(10, [aThread(1)])), id('t', 1), {
      items: [aMessage(1), aMessage(2)],
      nextCursor: null,
    });
    const moved = aMessage(1, { version: 2, position: '00000009' });
    expect(texts(mergeAnswer(ready, { message: moved }))).toEqual(['message 2', 'message 1']);
  });

  it('takes notes once, from answers and events alike', () => {
    const events = numbered(11, [{ type: 'note.created', data: { note: aNote(1) } }]);
    const state = applied(
      mergeAnswer(withTimeline(inboxOf(10, [aThread(1)])), { note: aNote(1) }),
      aFrame(10, 11, events),
    );
    expect(state.timelines.get(id('t', 1))?.notes).toHaveLength(1);
  });

  it('that failed to load can begin again', () => {
    const failed = failTimeline(withTimeline(inboxOf(10, [aThread(1)])), id('t', 1));
    expect(failed.timelines.get(id('t', 1))?.state).toBe('failed');
    expect(beginTimeline(failed, id('t', 1)).timelines.get(id('t', 1))?.state).toBe('loading');
  });

  it('is forgotten when it is not among those kept', () => {
    const state = withTimeline(inboxOf(10, [aThread(1)]));
    expect(keepTimelines(state, new Set()).timelines.size).toBe(0);
    expect(keepTimelines(state, new Set([id('t', 1)]))).toBe(state);
  });
});
