import { describe, expect, it } from 'vitest';
import {
  INITIAL_MACHINE,
  MAX_BUFFERED_FRAMES,
  resumeCursor,
  retrySnapshot,
  step,
  type Input,
  type Machine,
} from '../../client/src/sync/update-machine.ts';
import { aFrame, aSnapshot, aThread, EPOCH, id, ME, numbered } from './example.ts';

const run = (machine: Machine, ...inputs: readonly Input[]): Machine =>
  inputs.reduce((current, input) => step(current, input).machine, machine);

const READY: Input = { type: 'ready', memberId: ME };
const created = (seq: number): Input => ({
  type: 'frame',
  frame: aFrame(seq - 1, seq, numbered(seq, [{ type: 'thread.created', data: { thread: aThread(seq) } }])),
});
const snapshot = (seq: number): Input => ({ type: 'snapshot', result: aSnapshot(seq, []) });
const live = (): Machine => run(INITIAL_MACHINE, { type: 'connect' }, { type: 'handshake' }, READY, snapshot(10));
const threads = (machine: Machine): readonly string[] => machine.inbox.order;

describe('the first connection', () => {
  it('asks for a snapshot once the server is ready, and is live when it has come', () => {
    const connected = run(INITIAL_MACHINE, { type: 'connect' }, { type: 'handshake' });
    expect(connected.phase).toBe('catching-up');
    const ready = step(connected, READY);
    expect(ready.askSnapshot).toBe(true);
    expect(step(ready.machine, READY).askSnapshot).toBe(false);
    expect(run(ready.machine, snapshot(10)).phase).toBe('live');
  });

  it('keeps frames that arrive before the snapshot and applies those above it', () => {
    const waiting = run(INITIAL_MACHINE, { type: 'handshake' }, READY, created(10), created(11), created(12));
    const machine = run(waiting, snapshot(10));
    expect(threads(machine)).toEqual([id('t', 12), id('t', 11)]);
    expect(machine.inbox.cursor?.seq).toBe(12);
  });

  it('asks again when the kept frames do not join the snapshot', () => {
    const waiting = run(INITIAL_MACHINE, { type: 'handshake' }, READY, created(15));
    expect(step(waiting, snapshot(10)).askSnapshot).toBe(true);
  });

  it('does not keep frames without end', () => {
    let machine = run(INITIAL_MACHINE, { type: 'handshake' }, READY);
    for (let seq = 11; seq <= 11 + MAX_BUFFERED_FRAMES; seq += 1)
      machine = run(machine, { type: 'frame', frame: aFrame(seq - 1, seq) });
    expect(machine.buffer.length).toBeLessThanOrEqual(MAX_BUFFERED_FRAMES);
  });

  it('tries again when the snapshot did not come', () => {
    const failed = run(INITIAL_MACHINE, { type: 'handshake' }, READY, { type: 'snapshot-failed' });
    expect(failed.phase).toBe('catching-up');
    expect(retrySnapshot(failed).askSnapshot).toBe(true);
  });
});

describe('a lost connection', () => {
  const lost = (): Machine => run(live(), created(11), { type: 'lost', at: 1000 }, { type: 'lost', at: 2000 });

  it('is offline since it was first lost, and keeps what is on screen', () => {
    expect(lost()).toMatchObject({ phase: 'offline', since: 1000, isReady: false });
    expect(threads(lost())).toEqual([id('t', 11)]);
  });

  it('resumes at its cursor: replayed frames apply before the server is ready, and no snapshot is asked', () => {
    expect(resumeCursor(lost())).toEqual({ epoch: EPOCH, seq: 11 });
    const replayed = run(lost(), { type: 'handshake' }, created(12));
    expect(replayed.phase).toBe('catching-up');
    expect(threads(replayed)).toEqual([id('t', 12), id('t', 11)]);
    const ready = step(replayed, READY);
    expect(ready).toMatchObject({ askSnapshot: false, machine: { phase: 'live', since: null } });
  });

  it('while a snapshot was on its way asks for one again and offers no cursor', () => {
    const machine = run(INITIAL_MACHINE, { type: 'handshake' }, READY, { type: 'lost', at: 1 });
    expect(resumeCursor(machine)).toBeNull();
    expect(step(run(machine, { type: 'handshake' }), READY).askSnapshot).toBe(true);
    expect(run(machine, snapshot(10)).inbox.cursor).toBeNull();
  });

  it('starts afresh after a release without saved replies, also when the next one has none either', () => {
    const { savedReplies, ...without } = aSnapshot(10, []);
    expect(savedReplies).toEqual([]);
    const old: Input = { type: 'snapshot', result: without };
    const again: readonly Input[] = [{ type: 'lost', at: 1 }, { type: 'handshake' }];
    const served = run(INITIAL_MACHINE, { type: 'handshake' }, READY, old);
    expect(served.phase).toBe('live');
    const back = run(served, ...again);
    expect(resumeCursor(back)).toBeNull();
    expect(step(back, READY).askSnapshot).toBe(true);
    expect(resumeCursor(run(back, READY, old, ...again))).toBeNull();
    expect(resumeCursor(run(back, READY, snapshot(11), ...again))).toEqual({ epoch: EPOCH, seq: 11 });
  });
});

describe('a resync', () => {
  it('while live asks for a snapshot at once and replaces everything by it', () => {
    const asked = step(run(live(), created(11)), { type: 'resync', reason: 'too-old' });
    expect(asked.askSnapshot).toBe(true);
    const again = run(asked.machine, snapshot(20));
    expect(threads(again)).toEqual([]);
    expect(again.generation).toBe(2);
    expect(again.phase).toBe('live');
  });

  it('during a handshake waits for the server to be ready', () => {
    const told = step(run(live(), { type: 'lost', at: 1 }, { type: 'handshake' }), { type: 'resync', reason: 'epoch' });
    expect(told.askSnapshot).toBe(false);
    expect(step(told.machine, READY).askSnapshot).toBe(true);
  });

  it('for lost permissions removes what is on screen at once', () => {
    const machine = run(live(), created(11), { type: 'resync', reason: 'permissions' });
    expect(threads(machine)).toEqual([]);
    expect(machine.inbox.cursor).toBeNull();
  });

  it('is done by itself when a frame leaves a gap or comes from another epoch', () => {
    expect(step(live(), created(12)).askSnapshot).toBe(true);
    expect(step(live(), { type: 'frame', frame: aFrame(10, 11, [], 'second') }).askSnapshot).toBe(true);
  });
});

it('logging out forgets everything', () => {
  expect(run(live(), created(11), { type: 'logout' })).toBe(INITIAL_MACHINE);
});
