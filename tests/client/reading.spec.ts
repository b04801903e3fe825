/** What an open conversation reads by itself, and what it leaves because somebody has marked it as unread. */
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/contract/message.ts';
import { hasNothingToMark, isNews, readTo } from '../../client/src/state/reading.ts';
import { EMPTY_TIMELINE } from '../../client/src/sync/model.ts';
import { aMessage, aThread, id } from './example.ts';

const OURS = { direction: 'outbound' } as const;
const NOTICE = { kind: 'system' } as const;
const IMPORTED = { backlog: true } as const;

const lastly = (number: number) => ({ lastMessage: { id: id('m', number) } as never });
const seen = (messages: readonly Message[], last: number): string => readTo(aThread(1, lastly(last)), messages);

describe('what was seen when nothing was unread', () => {
  it('is the customer’s latest message, by its arrival and not by its place', () => {
    const late = aMessage(9, { position: '00000001' });
    expect(seen([late, aMessage(2), aMessage(10, OURS), aMessage(11, NOTICE)], 11)).toBe(late.id);
  });

  it('does not reach beyond what the conversation knows of: a message is shown before it is counted', () => {
    expect(seen([aMessage(1), aMessage(2)], 1)).toBe(aMessage(1).id);
    expect(readTo(aThread(1), [aMessage(1)])).toBe('');
  });
});

describe('what is unread in an open conversation', () => {
  const two = [aMessage(1), aMessage(2)];

  it('is all new when it was just opened', () => {
    expect(isNews(2, two, null)).toBe(true);
  });

  it('is new when it has come since, also if it was written before what is there', () => {
    expect(isNews(1, [...two, aMessage(3)], two[1]!.id)).toBe(true);
    expect(isNews(1, [aMessage(3, { position: '00000000' }), ...two], two[1]!.id)).toBe(true);
  });

  it('is not new when it was there, and nor is what comes after it was marked', () => {
    expect(isNews(1, two, two[1]!.id)).toBe(false);
    expect(isNews(2, [...two, aMessage(3)], two[1]!.id)).toBe(false);
  });

  it('does not grow by what is never unread', () => {
    const others = [aMessage(3, OURS), aMessage(4, NOTICE), aMessage(5, IMPORTED)];
    expect(isNews(1, [...two, ...others], two[1]!.id)).toBe(false);
  });

  it('may be new where all that is loaded is', () => {
    expect(isNews(60, [aMessage(8), aMessage(9)], two[1]!.id)).toBe(true);
    expect(isNews(1, [aMessage(3)], '')).toBe(true);
  });
});

it('nothing can be marked only where the whole conversation is known to have nothing of the customer', () => {
  const ready = { ...EMPTY_TIMELINE, state: 'ready' } as const;
  const without = [aMessage(1, OURS), aMessage(2, NOTICE), aMessage(3, IMPORTED)];
  expect(hasNothingToMark({ ...ready, messages: without })).toBe(true);
  expect(hasNothingToMark({ ...ready, messages: without, olderCursor: 'more' })).toBe(false);
  expect(hasNothingToMark({ ...ready, messages: [...without, aMessage(4)] })).toBe(false);
  expect(hasNothingToMark(undefined)).toBe(false);
});
