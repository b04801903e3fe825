import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Event } from '../../src/contract/events.ts';
import type { LogEvent } from '../../src/contract/jobs.ts';
import { Bucket } from '../../src/realtime/bucket.ts';
import { Door } from '../../src/realtime/door.ts';
import { cutFrames, FRAME_BYTES, FRAME_EVENTS, measured, type MeasuredEvent } from '../../src/realtime/frames.ts';
import { Gate } from '../../src/realtime/gate.ts';
import { Lanes, type LaneLimits } from '../../src/realtime/lanes.ts';
import { LogRing, RING_BYTES, RING_SIZE, RingShelf } from '../../src/realtime/ring.ts';
import { waitFor } from '../support/wait.ts';

const numbered = (from: number, count: number): MeasuredEvent[] =>
  Array.from({ length: count }, (_, index) => measured({ seq: from + index, data: {} } as LogEvent));

const large = (seq: number, bytes: number): MeasuredEvent =>
  measured({ seq, data: { text: 'x'.repeat(bytes) } } as unknown as LogEvent);

const shelved = (bytes: number): [LogRing, LogRing] => {
  const shelf = new RingShelf(bytes);
  return [new LogRing(shelf), new LogRing(shelf)];
};

describe('the ring', () => {
  test('gives what comes after a position, or says that it does not reach back so far', () => {
    const ring = new LogRing(new RingShelf());
    expect(ring.since(0)).toBeNull();
    ring.push(numbered(11, 3));
    expect(ring.since(9)).toBeNull();
    expect(ring.since(10)?.map(({ seq }) => seq)).toEqual([11, 12, 13]);
    expect(ring.since(12)?.map(({ seq }) => seq)).toEqual([13]);
    expect(ring.since(13)).toEqual([]);
  });

  test('starts anew where events do not continue it, and stays bounded', () => {
    const ring = new LogRing(new RingShelf());
    ring.push(numbered(1, 3));
    ring.push(numbered(9, 2));
    expect(ring.since(3)).toBeNull();
    for (let from = 11; from < 20_000; from += 7) ring.push(numbered(from, 7));
    expect(ring.since(20_000 - RING_SIZE)).not.toBeNull();
    expect(ring.since(19_900 - RING_SIZE)).toBeNull();
  });

  test('holds fewer events when they are large, and none that is too large alone', () => {
    const ring = new LogRing(new RingShelf());
    for (let seq = 1; seq <= 100; seq += 1) ring.push([large(seq, RING_BYTES / 10)]);
    expect(ring.since(98)?.map(({ seq }) => seq)).toEqual([99, 100]);
    expect(ring.since(88)).toBeNull();
    ring.push([large(101, 2 * RING_BYTES)]);
    expect(ring.since(100)).toBeNull();
    ring.push(numbered(102, 2));
    expect(ring.since(101)?.map(({ seq }) => seq)).toEqual([102, 103]);
  });
});

describe('a ring in which a thread goes', () => {
  const about = (seq: number, type: string, threadId: string, data: object): MeasuredEvent =>
    measured({ seq, type, threadId, assigneeBefore: 'ada', assigneeAfter: 'ada', data } as unknown as LogEvent);

  test('keeps no word of what it was, and the numbers and all else as they were', () => {
    const ring = new LogRing(new RingShelf());
    ring.push([about(1, 'message.created', 'gone', { text: 'secret' }), about(2, 'message.created', 'other', {})]);
    ring.push([
      about(3, 'note.created', 'gone', { text: 'secret' }),
      about(4, 'thread.removed', 'gone', { threadId: 'gone' }),
    ]);
    ring.push([about(5, 'thread.created', 'gone', { thread: 'anew' })]);
    const kept = ring.since(0) ?? [];
    expect(JSON.stringify(kept)).not.toContain('secret');
    expect(kept.map(({ seq, type }) => `${String(seq)} ${type}`)).toEqual([
      ...['1 thread.removed', '2 message.created', '3 thread.removed', '4 thread.removed', '5 thread.created'],
    ]);
    expect(new Set(kept.map(({ assigneeBefore }) => assigneeBefore))).toEqual(new Set(['ada']));
    expect(ring.bytes).toBe(kept.reduce((sum, { bytes }) => sum + bytes, 0));
  });
});

describe('the rings of a node', () => {
  const last = (ring: LogRing, seq: number): number | undefined => ring.since(seq - 1)?.length;

  test('keep no more than their shelf, and the quietest tenant gives first', () => {
    const [quiet, busy] = shelved(10_000);
    for (let seq = 1; seq <= 4; seq += 1) quiet.push([large(seq, 1000)]);
    for (let seq = 1; seq <= 4; seq += 1) busy.push([large(seq, 1000)]);
    expect([last(quiet, 1), last(busy, 1)]).toEqual([4, 4]);
    for (let seq = 5; seq <= 7; seq += 1) busy.push([large(seq, 1000)]);
    expect(quiet.since(0)).toBeNull();
    expect(last(quiet, 4)).toBe(1);
    expect(last(busy, 1)).toBe(7);
  });

  test('have room again when a tenant has gone', () => {
    const [gone, staying] = shelved(10_000);
    for (let seq = 1; seq <= 8; seq += 1) gone.push([large(seq, 1000)]);
    gone.clear();
    for (let seq = 1; seq <= 8; seq += 1) staying.push([large(seq, 1000)]);
    expect(last(staying, 1)).toBe(8);
  });
});

describe('frames', () => {
  const sized = (seq: number, bytes: number): { event: Event; bytes: number } => ({ event: { seq } as Event, bytes });

  test('chain over the whole span and hold at most 200 events', () => {
    const events = Array.from({ length: 450 }, (_, index) => sized(12 + 2 * index, 10));
    const frames = cutFrames(events, { epoch: 'e', from: 10, to: 1000 });
    expect(frames.map(({ from, to }) => [from, to])).toEqual([
      [10, 410],
      [410, 810],
      [810, 1000],
    ]);
    expect(Math.max(...frames.map((frame) => frame.events.length))).toBe(FRAME_EVENTS);
    expect(frames.flatMap((frame) => frame.events).length).toBe(450);
  });

  test('are cut by size, and one large event travels alone', () => {
    const events = [sized(1, 100), sized(2, FRAME_BYTES * 2), sized(3, 100), sized(4, FRAME_BYTES - 100)];
    const frames = cutFrames(events, { epoch: 'e', from: 0, to: 4 });
    expect(frames.map((frame) => frame.events.map(({ seq }) => seq))).toEqual([[1], [2], [3, 4]]);
  });

  test('are cut by a size that is near enough to the one on the wire', () => {
    const text = 'Is the blue one still available? '.repeat(40);
    const data = {
      message: { id: 'a', text, media: null, count: 3 },
      tags: ['one', 'two'],
      list: [{ text }, { text }],
    };
    const event = { seq: 1, at: '2026-01-01T00:00:00.000Z', type: 'message.created', data } as unknown as LogEvent;
    const wire = JSON.stringify(event).length;
    expect(measured(event).bytes).toBeGreaterThan(wire * 0.9);
    expect(measured(event).bytes).toBeLessThan(wire * 1.1);
  });

  test('without events are one empty frame that moves the cursor', () => {
    expect(cutFrames([], { epoch: 'e', from: 3, to: 9 })).toEqual([{ epoch: 'e', from: 3, to: 9, events: [] }]);
  });
});

describe('the bucket', () => {
  test('allows a burst, then the rate, and says how long to wait', () => {
    const bucket = new Bucket({ perSecond: 20, burst: 40 }, 0);
    expect(Array.from({ length: 40 }, () => bucket.take(0))).toEqual(Array<number>(40).fill(0));
    expect(bucket.take(0)).toBe(50);
    expect(bucket.take(50)).toBe(0);
    expect(bucket.take(40)).toBe(50);
  });
});

describe('the gate', () => {
  test('works on so many at once, keeps the order of the rest, and refuses when too many wait', async () => {
    const gate = new Gate({ atOnce: 2, perTurn: 2, waiting: 3 });
    const releases: (() => void)[] = [];
    const started: number[] = [];
    const enter = (id: number): Promise<void> =>
      gate.run(async () => {
        started.push(id);
        await new Promise<void>((resolve) => releases.push(resolve));
      });
    const all = [1, 2, 3, 4, 5].map(enter);
    await expect(enter(6)).rejects.toMatchObject({ code: 'unavailable' });
    await Promise.resolve();
    expect(started).toEqual([1, 2]);
    for (let released = 0; released < 5; released += 1) {
      releases.shift()?.();
      await Promise.resolve();
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(all);
    expect(started).toEqual([1, 2, 3, 4, 5]);
    await gate.run(() => Promise.resolve());
  });
});

describe('the door', () => {
  const LIMITS = { perTurn: 2, perSecond: 500, waiting: 5000 };
  /** `count` who come at once; `passed` are in, `refused` sent away. */
  const crowd = (door: Door, count: number): { passed: number; refused: number } => {
    const seen = { passed: 0, refused: 0 };
    for (let one = 0; one < count; one += 1) {
      door.pass().then(
        () => (seen.passed += 1),
        () => (seen.refused += 1),
      );
    }
    return seen;
  };

  afterEach(() => {
    vi.useRealTimers();
  });

  test('leaves turns of the event loop to everything else', async () => {
    const seen = crowd(new Door(LIMITS, () => false), 7);
    const turns: number[] = [];
    while (seen.passed < 7) {
      await new Promise(setImmediate);
      turns.push(seen.passed);
    }
    // The first at once, then two in each turn that the door has begun before we look.
    expect(turns).toEqual([3, 5, 7]);
  });

  test('keeps a pace while the node is busy, and goes on without one when it no longer is', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'performance'] });
    let busy = true;
    const seen = crowd(new Door(LIMITS, () => busy), 3000);
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.passed).toBeGreaterThanOrEqual(LIMITS.perSecond);
    expect(seen.passed).toBeLessThanOrEqual(LIMITS.perSecond + LIMITS.perTurn);
    await vi.advanceTimersByTimeAsync(1000);
    expect(seen.passed).toBeLessThanOrEqual(2 * LIMITS.perSecond + LIMITS.perTurn);
    busy = false;
    await vi.advanceTimersByTimeAsync(10);
    while (seen.passed < 3000) await vi.advanceTimersToNextTimerAsync();
    expect(seen.refused).toBe(0);
  });

  test('lets whoever comes alone in at once, however busy the node is', async () => {
    const door = new Door(LIMITS, () => true);
    await door.pass();
    await new Promise(setImmediate);
    await door.pass();
  });

  test('sends away who would have to wait too long', async () => {
    const door = new Door({ ...LIMITS, waiting: 10 }, () => true);
    const seen = crowd(door, 20);
    await expect(door.pass()).rejects.toMatchObject({ code: 'unavailable' });
    expect(seen.refused).toBe(9);
    await waitFor(() => seen.passed === 11);
  });
});

describe('lanes', () => {
  const turn = (): Promise<void> => new Promise(setImmediate);

  /** Walks of as many steps as the first signal says; keeps what was walked together, and each lane's name per step. */
  function lanesOf(limits: LaneLimits) {
    const seen = { walks: [] as string[][], steps: [] as string[], dropped: 0 };
    const walk = function* (signals: readonly (readonly [string, number])[]): Generator<undefined> {
      const names = signals.map(([name]) => name);
      seen.walks.push(names);
      for (let step = 0; step < (signals[0]?.[1] ?? 0); step += 1) {
        seen.steps.push(names.join());
        yield;
      }
    };
    const lanes = new Lanes(limits, walk, () => (seen.dropped += 1));
    const offer = (name: string, steps: number, about: string | null = null): void => {
      lanes.offer(name.slice(0, 1), [name, steps], about);
    };
    return { seen, offer };
  }

  test('walk together what comes in one turn, at its end', async () => {
    const { seen, offer } = lanesOf({ perTurn: 100, slice: 10, waiting: 9 });
    for (const name of ['a1', 'b1', 'a2', 'a3']) offer(name, 1);
    expect(seen.walks).toEqual([]);
    await turn();
    expect(seen.walks).toEqual([['a1', 'a2', 'a3'], ['b1']]);
  });

  test('share turns fairly in a flood, which keeps its place and gathers meanwhile', async () => {
    const { seen, offer } = lanesOf({ perTurn: 10, slice: 4, waiting: 100 });
    offer('a1', 50);
    offer('b1', 2);
    await turn();
    expect(seen.steps.join(' ')).toBe('a1 a1 a1 a1 b1 b1 a1 a1 a1');
    for (const name of ['a2', 'a3']) offer(name, 1);
    offer('c1', 1);
    await turn();
    expect(seen.steps.filter((name) => name === 'c1').length).toBe(1);
    while (seen.walks.length < 4) await turn();
    expect(seen.walks.at(-1)).toEqual(['a2', 'a3']);
    expect(seen.steps.filter((name) => name === 'a1').length).toBe(50);
    expect(seen.steps.length).toBe(54);
  });

  test('take a bounded number of steps in a turn, also where nobody is concerned', async () => {
    const { seen, offer } = lanesOf({ perTurn: 10, slice: 4, waiting: 9 });
    for (let lane = 0; lane < 25; lane += 1) offer(String.fromCharCode(65 + lane), 0);
    const walked = [];
    for (let turns = 0; turns < 3; turns += 1) {
      await turn();
      walked.push(seen.walks.length);
    }
    expect(walked).toEqual([10, 20, 25]);
  });

  test('drop the oldest of a lane that is full, and nobody else’s', async () => {
    const { seen, offer } = lanesOf({ perTurn: 10, slice: 4, waiting: 2 });
    for (const name of ['a1', 'a2', 'a3', 'b1']) offer(name, 1);
    await turn();
    expect(seen.walks).toEqual([['a2', 'a3'], ['b1']]);
    expect(seen.dropped).toBe(1);
  });

  test('keep the last word on everything, drop none, and take a bounded number of them on one walk', async () => {
    const { seen, offer } = lanesOf({ perTurn: 10, slice: 4, waiting: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4']) offer(name, 1, name === 'a4' ? 'of a2' : `of ${name}`);
    offer('a5', 1);
    await turn();
    expect(seen.walks).toEqual([['a5', 'a1', 'a3'], ['a4']]);
    expect(seen.dropped).toBe(0);
  });
});
