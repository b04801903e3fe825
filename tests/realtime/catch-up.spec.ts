/** A replay that comes in parts, as one of more than 8 MB does. */
import { expect, test } from 'vitest';
import type { EventsFrame } from '../../src/contract/events.ts';
import type { LogEvent } from '../../src/contract/jobs.ts';
import type { KnownRange, LogRange } from '../../src/inbox/log-reader.ts';
import { catchUp, type CatchUpOptions } from '../../src/realtime/catch-up.ts';

const EPOCH = 'e';

const event = (seq: number, threadId: string, over: Partial<LogEvent> = {}): LogEvent =>
  ({
    ...{ seq, at: '2026-01-01T00:00:00.000Z', type: 'message.created', threadId, assigneeBefore: null },
    ...{ assigneeAfter: null, created: false, receivedAtMs: null, data: { text: `of ${threadId}` }, ...over },
  }) as LogEvent;

const LOG = [
  event(1, 'gone'),
  event(2, 'other'),
  event(3, 'gone', { type: 'thread.removed', data: { threadId: 'gone', reason: 'erased' } }),
];

/** What a manager who was away for all of the log is sent, where a part of it has so many events. */
async function replayed(perPart: number): Promise<{ readonly frames: EventsFrame[]; readonly asked: string[][] }> {
  const frames: EventsFrame[] = [];
  const asked: string[][] = [];
  const cursor = { epoch: EPOCH, seq: LOG.length };
  const options = {
    feed: {
      ...{ tenantId: 'n', stateOf: () => undefined, goLive: () => cursor },
      tailer: { cursor, reach: () => Promise.resolve(), since: () => null },
    },
    subscriber: {
      grant: { memberId: 'm', role: 'manager', agentVisibility: 'own', version: 1 },
      disturbed: false,
      send: (frame: EventsFrame) => frames.push(frame),
    },
    cursor: { epoch: EPOCH, seq: 0 },
    reader: {
      knownRange: ({ from }: KnownRange): Promise<LogRange> =>
        Promise.resolve({ epoch: EPOCH, head: LOG.length, events: LOG.slice(from, from + perPart) }),
      assignees: (_tenantId: string, threadIds: string[]) => {
        asked.push(threadIds);
        return Promise.resolve(new Map([['other', null]]));
      },
    },
    isOpen: () => true,
    onLive: () => undefined,
  };
  expect(await catchUp(options as unknown as CatchUpOptions)).toBe('replayed');
  return { frames, asked };
}

test('says nothing in one part of what is removed in a later one', async () => {
  for (const perPart of [1, 2, 3]) {
    const { frames } = await replayed(perPart);
    expect(JSON.stringify(frames)).not.toContain('of gone');
    expect(JSON.stringify(frames)).toContain('of other');
    expect(frames.at(-1)?.events.at(-1)?.data).toEqual({ threadId: 'gone', reason: 'erased' });
  }
});

test('asks the database only about parts, where the member sees every conversation', async () => {
  expect((await replayed(3)).asked).toEqual([]);
  expect((await replayed(2)).asked).toEqual([['gone', 'other']]);
});
