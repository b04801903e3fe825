import { describe, expect, it } from 'vitest';
import type { Note } from '../../src/contract/entities.ts';
import type { Media, Message } from '../../src/contract/message.ts';
import { timelineItems, type TimelineItem } from '../../client/src/state/timeline-items.ts';
import { aMessage, aNote, at, id, ME } from './example.ts';

const media = (over: Partial<Media> = {}): Media => ({
  ...{ id: id('f', 1), mime: 'image/jpeg', filename: null, sizeBytes: 10, voice: false, state: 'ready' },
  ...{ url: '/api/media/1', thumbnailUrl: null, failure: null, width: null, height: null },
  ...over,
});

/** Two a minute, from the customer unless said otherwise. */
const picture = (number: number, over: Partial<Message> = {}): Message =>
  aMessage(number, { kind: 'image', text: null, media: media(), sentAt: at(number / 2), ...over });

const linesOf = (messages: readonly Message[], notes: readonly Note[] = []): readonly TimelineItem[] =>
  timelineItems({ timeline: { messages, notes }, echoes: [], uploads: [], unreadFromId: null, me: ME });

/** How the pictures are put together: `[2, 1]` is an album of two and one alone. */
const groups = (messages: readonly Message[], notes: readonly Note[] = []): readonly number[] =>
  linesOf(messages, notes).flatMap((line) => {
    if (line.type === 'album') return [line.messages.length];
    return line.type === 'message' ? [1] : [];
  });

describe('pictures of one person', () => {
  it('that come within a minute are one album', () => {
    expect(groups([picture(1), picture(2), picture(3)])).toEqual([3]);
  });

  it('more than a minute apart are not', () => {
    expect(groups([picture(1), picture(4)])).toEqual([1, 1]);
  });

  it('may have words once', () => {
    expect(groups([picture(1, { text: 'Look!' }), picture(2), picture(3)])).toEqual([3]);
    expect(groups([picture(1, { text: 'One' }), picture(2, { text: 'Two' })])).toEqual([1, 1]);
  });

  it('are parted by what others write, and by a note', () => {
    const ours = { direction: 'outbound', author: { type: 'member', id: 'x' } } as const;
    expect(groups([picture(1), picture(2, ours), picture(3)])).toEqual([1, 1, 1]);
    expect(groups([picture(1), picture(2)], [aNote(1, { createdAt: at(0.7) })])).toEqual([1, 1]);
  });

  it.each<[string, Partial<Message>]>([
    ['deleted', { revokedAt: at(9) }],
    ['quoting', { replyTo: { messageId: null, providerMessageId: 'x' } }],
    ['not sent', { status: 'failed' }],
    ['perhaps not sent', { status: 'unknown' }],
    ['not fetched', { media: media({ state: 'failed' }) }],
    ['of another kind', { kind: 'video' }],
  ])('stand alone when one is %s', (_why, over) => {
    expect(groups([picture(1), picture(2, over)])).toEqual([1, 1]);
  });

  it('keep the key of the first, so that the album grows in place', () => {
    const before = linesOf([picture(1)]).at(-1)?.key;
    expect(linesOf([picture(1), picture(2)]).at(-1)?.key).toBe(before);
  });
});

describe('what was imported from the phone', () => {
  const old = (number: number): Message => aMessage(number, { backlog: true });
  const edges = (messages: readonly Message[]): readonly string[] =>
    linesOf(messages).flatMap((line) => {
      if (line.type === 'backlog') return [line.edge];
      return line.type === 'message' ? [line.message.text ?? ''] : [];
    });

  it('stands between two lines that say so', () => {
    const lines = edges([old(1), old(2), aMessage(3), aMessage(4)]);
    expect(lines).toEqual(['begins', 'message 1', 'message 2', 'ends', 'message 3', 'message 4']);
  });

  it('has no end while nothing followed, and nothing says so where nothing was imported', () => {
    expect(edges([old(1)])).toEqual(['begins', 'message 1']);
    expect(edges([aMessage(1)])).toEqual(['message 1']);
  });

  it('is no album with what came live', () => {
    expect(groups([picture(1, { backlog: true }), picture(2)])).toEqual([1, 1]);
  });
});
