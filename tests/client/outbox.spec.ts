import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Note, ThreadStatus } from '../../src/contract/entities.ts';
import type { Message } from '../../src/contract/message.ts';
import { conflictRetry, isStale, newerMessage, withoutPutAway } from '../../client/src/sync/conflict.ts';
import {
  echoesOf,
  EMPTY_OUTBOX,
  enqueue,
  markDisconnected,
  markSent,
  markUnanswered,
  reject,
  remove,
  renew,
  replace,
  sendable,
  settle,
  settleFromEvents,
  type Entry,
  type NewEntry,
  type Outbox,
} from '../../client/src/sync/outbox.ts';
import { aMessage, aNote, aThread, at, COLLEAGUE, id, ME, numbered } from './example.ts';

const THREAD: string = id('t', 1);
const NOTHING = { messages: [], notes: [] };

const aCommand = (commandId: string, input: Record<string, unknown> = {}, threadId = THREAD) => ({
  commandId,
  name: 'message:send' as const,
  input: { kind: 'text', text: commandId, ...input },
  threadId,
  createdAt: at(1),
});

const outboxOf = (...commands: ReturnType<typeof aCommand>[]): Outbox => commands.reduce<Outbox>(enqueue, EMPTY_OUTBOX);
const ids = (entries: readonly Entry[]): string[] => entries.map((entry) => entry.commandId);
const committed = (commandId: string, number: number, over: Partial<Message> = {}): Message =>
  aMessage(number, { direction: 'outbound', commandId, status: 'queued', ...over });

/** How often a command is on screen: as a message, or as the echo of one. */
const bubbles = (outbox: Outbox, messages: readonly Message[], commandId: string): number =>
  messages.filter((message) => message.commandId === commandId).length +
  ids(echoesOf(outbox, THREAD, { messages, notes: [] }, ME)).filter((known) => known === commandId).length;

describe('an echo', () => {
  it('is on screen exactly once, whichever of answer and event comes first, however often', () => {
    const steps = fc.array(fc.constantFrom('sent', 'ack', 'event', 'unanswered', 'lost'), { maxLength: 12 });
    fc.assert(
      fc.property(steps, (list) => {
        let outbox = outboxOf(aCommand('a'));
        let messages: readonly Message[] = [];
        for (const step of list) {
          if (step === 'sent') outbox = markSent(outbox, 'a', 0);
          if (step === 'unanswered') outbox = markUnanswered(outbox, 'a', 0);
          if (step === 'lost') outbox = markDisconnected(outbox);
          if (step === 'ack') {
            outbox = settle(outbox, committed('a', 1));
            messages = [committed('a', 1)];
          }
          if (step === 'event') {
            messages = [committed('a', 1)];
            outbox = settleFromEvents(
              outbox,
              numbered(1, [{ type: 'message.created', data: { message: committed('a', 1) } }]),
            );
          }
          expect(bubbles(outbox, messages, 'a')).toBe(1);
        }
      }),
    );
  });

  it('is hidden while the timeline already shows its message, even before the answer', () => {
    const messages = [committed('a', 1)];
    expect(echoesOf(outboxOf(aCommand('a')), THREAD, { messages, notes: [] }, ME)).toEqual([]);
  });

  it('belongs to its own thread, and reactions have none', () => {
    const outbox = outboxOf(aCommand('a'), aCommand('b', {}, id('t', 2)), aCommand('c', { kind: 'reaction' }));
    expect(ids(echoesOf(outbox, THREAD, NOTHING, ME))).toEqual(['a']);
  });

  it('stays with its reason when the server refuses', () => {
    const outbox = reject(outboxOf(aCommand('a')), 'a', { code: 'window_closed', message: 'closed' });
    expect(echoesOf(outbox, THREAD, NOTHING, ME)[0]).toMatchObject({
      state: 'rejected',
      error: { code: 'window_closed' },
    });
    expect(remove(outbox, 'a')).toEqual([]);
  });

  describe('of a note', () => {
    const noteOf = (commandId: string) => ({
      ...aCommand(commandId, { text: 'Call him' }),
      name: 'note:add' as const,
    });
    const echoed = (outbox: Outbox, notes: readonly Note[]): string[] =>
      ids(echoesOf(outbox, THREAD, { messages: [], notes }, ME));
    const both = enqueue(enqueue(EMPTY_OUTBOX, noteOf('a')), noteOf('b'));

    it('is on screen from the first moment, and also when it was refused', () => {
      const refused = { code: 'forbidden', message: 'no' } as const;
      expect(echoed(markSent(both, 'a', 0), [])).toEqual(['a', 'b']);
      expect(echoed(reject(both, 'a', refused), [])).toEqual(['a', 'b']);
    });

    it('gives way to the note of the same words that came of it, each to one, before the answer', () => {
      const saved = aNote(2, { text: 'Call him' });
      expect(echoed(both, [saved])).toEqual(['b']);
      expect(echoed(both, [saved, aNote(3, { text: 'Call him' })])).toEqual([]);
    });

    it("does not give way to other words, an older note or a colleague's", () => {
      const others = [
        aNote(2, { text: 'Do not call him' }),
        aNote(0, { text: 'Call him' }),
        aNote(2, { text: 'Call him', authorId: COLLEAGUE as Note['authorId'] }),
      ];
      expect(echoed(both, others)).toEqual(['a', 'b']);
    });
  });
});

describe('the outbox', () => {
  it('keeps a command under the same id until it is answered', () => {
    const sent = markSent(outboxOf(aCommand('a')), 'a', 0);
    expect(sendable(sent)).toEqual([]);
    const [again] = sendable(markDisconnected(sent));
    expect(again).toMatchObject({ commandId: 'a', attempts: 1 });
    expect(ids(sendable(markUnanswered(sent, 'a', 0)))).toEqual(['a']);
  });

  it('takes the same command id only once', () => {
    expect(enqueue(outboxOf(aCommand('a')), aCommand('a', { text: 'other' }))).toHaveLength(1);
  });

  it('lets one command of a thread out at a time, and threads do not wait for each other', () => {
    const outbox = outboxOf(aCommand('a'), aCommand('b'), aCommand('c', {}, id('t', 2)));
    expect(ids(sendable(outbox))).toEqual(['a', 'c']);
    expect(ids(sendable(markSent(outbox, 'a', 0)))).toEqual(['c']);
    expect(ids(sendable(remove(outbox, 'a')))).toEqual(['b', 'c']);
  });

  it('is not held up by a refused command', () => {
    const outbox = reject(outboxOf(aCommand('a'), aCommand('b')), 'a', { code: 'internal', message: '' });
    expect(ids(sendable(outbox))).toEqual(['b']);
  });

  it('gives a refused command a new id, the same input, and leaves out what is to be dropped', () => {
    const [entry] = outboxOf(aCommand('a', { seenMessageId: 'm' }));
    const again = renew(entry as Entry, 'b', ['seenMessageId']);
    expect(again).toMatchObject({ commandId: 'b', input: { kind: 'text', text: 'a' } });
    expect(again.input).not.toHaveProperty('seenMessageId');
  });

  it('lets a following message know the one before it as seen, unless something else was seen or it went out already', () => {
    const outbox = outboxOf(
      aCommand('a', { seenMessageId: 'x' }),
      aCommand('b', { seenMessageId: 'x' }),
      aCommand('c', { seenMessageId: 'y' }),
    );
    const settled = settle(outbox, committed('a', 7));
    expect(settled.map((entry) => entry.input['seenMessageId'])).toEqual([id('m', 7), 'y']);
    const tried = settle(markUnanswered(markSent(outbox, 'b', 0), 'b', 0), committed('a', 7));
    expect(tried[0]?.input['seenMessageId']).toBe('x');
  });

  it('is left alone by messages of others', () => {
    const outbox = outboxOf(aCommand('a'));
    expect(settle(outbox, aMessage(1))).toBe(outbox);
    expect(settle(outbox, committed('z', 1))).toBe(outbox);
  });
});

describe('a status', () => {
  const aStatus = (commandId: string, status: string, threadId = THREAD): NewEntry => ({
    ...{ commandId, name: 'thread:set-status', input: { threadId, status }, threadId, createdAt: at(1) },
  });
  const error = { code: 'stale_view' as const, message: '' };
  const refused = (outbox: Outbox, commandId: string): Outbox => reject(outbox, commandId, error);
  const outboxOfAll = (...entries: readonly NewEntry[]): Outbox => entries.reduce<Outbox>(enqueue, EMPTY_OUTBOX);

  it('that leaves takes the place of one that was refused, of this conversation only', () => {
    const outbox = outboxOfAll(
      aStatus('refused', 'resolved'),
      aStatus('of another', 'resolved', id('t', 2)),
      aCommand('message'),
      aStatus('again', 'snoozed'),
    );
    const all = ['refused', 'of another', 'message'].reduce(refused, outbox);
    expect(ids(markSent(all, 'again', 0))).toEqual(['of another', 'message', 'again']);
    expect(ids(markSent(enqueue(all, aCommand('later')), 'later', 0))).toContain('refused');
  });

  it('that was asked for twice is refused once', () => {
    const first = refused(outboxOfAll(aStatus('first', 'resolved'), aStatus('second', 'resolved')), 'first');
    expect(ids(refused(markSent(first, 'second', 0), 'second'))).toEqual(['second']);
  });

  it('that was refused asks nothing more once a colleague has put the conversation away', () => {
    const outbox = ['mine', 'of another', 'note'].reduce(
      refused,
      outboxOfAll(aStatus('mine', 'resolved'), aStatus('of another', 'snoozed', id('t', 2)), aCommand('note')),
    );
    const withStatus = (status: ThreadStatus) => new Map([[THREAD, aThread(1, { status })]]);
    expect(withoutPutAway(outbox, withStatus('open'))).toBe(outbox);
    for (const status of ['resolved', 'snoozed'] as const)
      expect(ids(withoutPutAway(outbox, withStatus(status)))).toEqual(['of another', 'note']);
  });

  it('that is asked for in another way keeps its place', () => {
    const outbox = markSent(outboxOfAll(aStatus('resolve', 'resolved'), aStatus('reopen', 'open')), 'resolve', 0);
    const replaced = replace(outbox, 'resolve', aStatus('unchecked', 'resolved'));
    expect(ids(replaced)).toEqual(['unchecked', 'reopen']);
    expect(ids(sendable(replaced))).toEqual(['unchecked']);
    expect(replace(outbox, 'gone', aStatus('unchecked', 'resolved'))).toEqual(outbox);
  });
});

describe('a conflict', () => {
  const entry: Entry = {
    ...aCommand('a'),
    name: 'thread:assign',
    input: { threadId: THREAD, assigneeId: 'me', expectedVersion: 3 },
    state: 'inflight',
    attempts: 1,
    seenAssigneeId: null,
    error: null,
  };

  it('over a thread that is still whose it was is tried against the new version', () => {
    const error = { code: 'conflict' as const, message: '', details: { thread: aThread(1, { version: 5 }) } };
    expect(conflictRetry(entry, error, 'b')).toMatchObject({
      commandId: 'b',
      input: { expectedVersion: 5, assigneeId: 'me' },
    });
  });

  it('over a thread that somebody took is left to the person', () => {
    const taken = aThread(1, { version: 5, assigneeId: id('p', 2) });
    expect(conflictRetry(entry, { code: 'conflict', message: '', details: taken }, 'b')).toBeNull();
  });

  it('with details of an unknown shape is left to the person', () => {
    expect(conflictRetry(entry, { code: 'conflict', message: '', details: 'text' }, 'b')).toBeNull();
    expect(newerMessage({ code: 'stale_view', message: '' })).toBeNull();
    for (const details of [undefined, 'text', [null], [{ path: 'status' }]])
      expect(isStale({ code: 'invalid_input', message: '', details })).toBe(false);
    expect(isStale({ code: 'invalid_input', message: '', details: [{ path: 'seenMessageId' }] })).toBe(true);
  });
});
