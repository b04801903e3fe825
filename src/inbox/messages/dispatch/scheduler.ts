/** Which thread is worked on next: fair between accounts, one step at a time per thread, a bounded number at once. */
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import type { StepResult } from './step.ts';
import type { ThreadRef } from './types.ts';

/** `slots`: threads at work at once; no account takes more than half of them. */
export interface SchedulerOptions {
  readonly slots: number;
  readonly step: (thread: ThreadRef) => Promise<StepResult>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Task {
  readonly thread: ThreadRef;
  /** Told when the thread has nothing to do any more, or when the sweeper will bring it back. */
  readonly done: (() => void)[];
  running: boolean;
  /** Something new came while it ran. */
  again: boolean;
  failures: number;
}

interface Lane {
  readonly ready: Task[];
  running: number;
  notBeforeMs: number;
  timer: NodeJS.Timeout | undefined;
}

/** Waiting longer than this is left to the sweeper, which finds what is due in the database. */
const MAX_TIMER_MS = 60_000;
const MAX_TIMERS = 5000;
/** Threads of one account that may wait here; the sweeper brings back those that were turned away. */
const MAX_READY_PER_LANE = 500;
const FAILURE_WAIT_MS = 1000;
const MAX_FAILURE_WAIT_MS = 15_000;

/** Holds no truth: what it forgets, the sweeper finds. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #lanes = new Map<string, Lane>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #running = 0;
  #stopping = false;
  #drained: (() => void) | null = null;

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  /** Threads that wait or run. */
  get size(): number {
    return this.#tasks.size;
  }

  /** Asks for a thread to be worked on. Asking for one that waits or runs already adds nothing but `done`. */
  add(thread: ThreadRef, done: () => void = () => undefined): void {
    if (this.#stopping) return;
    const timer = this.#timers.get(thread.threadId);
    clearTimeout(timer);
    this.#timers.delete(thread.threadId);
    const known = this.#tasks.get(thread.threadId);
    if (known !== undefined) {
      known.done.push(done);
      known.again ||= known.running;
      return;
    }
    const lane = this.#lane(thread.accountId);
    if (lane.ready.length >= MAX_READY_PER_LANE) {
      done();
      return;
    }
    const task: Task = { thread, done: [done], running: false, again: false, failures: 0 };
    this.#tasks.set(thread.threadId, task);
    lane.ready.push(task);
    this.#pump();
  }

  /** Starts nothing more and resolves when what runs has been recorded. What waits is left to other workers. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer);
    this.#timers.clear();
    if (this.#running === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }

  #lane(accountId: string): Lane {
    const known = this.#lanes.get(accountId);
    if (known !== undefined) return known;
    const lane: Lane = { ready: [], running: 0, notBeforeMs: 0, timer: undefined };
    this.#lanes.set(accountId, lane);
    return lane;
  }

  /** Fills free slots, one thread per account in turn. */
  #pump(): void {
    let started = true;
    while (started && !this.#stopping) {
      started = false;
      for (const [accountId, lane] of [...this.#lanes]) {
        if (this.#running >= this.#options.slots) return;
        if (this.#startNext(accountId, lane)) started = true;
      }
    }
  }

  #startNext(accountId: string, lane: Lane): boolean {
    const task = lane.ready[0];
    const waitMs = lane.notBeforeMs - this.#options.clock.nowMs();
    if (task === undefined || lane.running >= Math.max(1, this.#options.slots / 2)) return false;
    if (waitMs > 0) {
      this.#wake(lane, waitMs);
      return false;
    }
    lane.ready.shift();
    // To the end of the round: the next free slot is another account's.
    this.#lanes.delete(accountId);
    this.#lanes.set(accountId, lane);
    void this.#run(lane, task);
    return true;
  }

  #wake(lane: Lane, waitMs: number): void {
    if (lane.timer !== undefined) return;
    lane.timer = setTimeout(
      () => {
        lane.timer = undefined;
        this.#pump();
      },
      Math.min(waitMs, MAX_TIMER_MS),
    );
  }

  async #run(lane: Lane, task: Task): Promise<void> {
    task.running = true;
    lane.running += 1;
    this.#running += 1;
    const result = await this.#step(task);
    task.running = false;
    lane.running -= 1;
    this.#running -= 1;
    this.#after(lane, task, result);
    if (this.#running === 0) this.#drained?.();
    this.#pump();
  }

  async #step(task: Task): Promise<StepResult> {
    try {
      const result = await this.#options.step(task.thread);
      task.failures = 0;
      return result;
    } catch (error) {
      task.failures += 1;
      const { threadId, accountId } = task.thread;
      this.#options.log.warn(
        { err: error, threadId, accountId, attempt: task.failures },
        'A thread could not be sent for.',
      );
      const waitMs = Math.min(MAX_FAILURE_WAIT_MS, FAILURE_WAIT_MS * 2 ** Math.min(task.failures - 1, 10));
      return { kind: 'wait', scope: 'thread', waitMs };
    }
  }

  #after(lane: Lane, task: Task, result: StepResult): void {
    const again = task.again;
    task.again = false;
    if (result.kind === 'wait' && result.scope === 'account') {
      this.#hold(lane, task, result.waitMs);
    } else if (result.kind === 'more' || (again && result.kind === 'idle')) {
      lane.ready.push(task);
    } else {
      this.#finish(task);
      if (result.kind === 'wait') this.#later(task, result.waitMs);
      this.#forgetIdle(task.thread.accountId, lane);
    }
  }

  #hold(lane: Lane, task: Task, waitMs: number): void {
    lane.notBeforeMs = Math.max(lane.notBeforeMs, this.#options.clock.nowMs() + waitMs);
    lane.ready.unshift(task);
    if (waitMs > MAX_TIMER_MS) this.#clear(lane);
  }

  #forgetIdle(accountId: string, lane: Lane): void {
    const idle = lane.ready.length === 0 && lane.running === 0;
    if (idle && lane.notBeforeMs <= this.#options.clock.nowMs()) this.#lanes.delete(accountId);
  }

  /** A long rest: the sweeper brings the threads back when it is over. */
  #clear(lane: Lane): void {
    for (const task of lane.ready.splice(0)) this.#finish(task);
  }

  #finish(task: Task): void {
    this.#tasks.delete(task.thread.threadId);
    for (const done of task.done) done();
  }

  /** The same failures go on counting, so that an outage is not hammered. */
  #later({ thread, failures }: Task, waitMs: number): void {
    if (this.#stopping || waitMs > MAX_TIMER_MS || this.#timers.size >= MAX_TIMERS) return;
    const timer = setTimeout(() => {
      this.#timers.delete(thread.threadId);
      this.add(thread);
      const task = this.#tasks.get(thread.threadId);
      if (task !== undefined) task.failures = failures;
    }, waitMs);
    this.#timers.set(thread.threadId, timer);
  }
}
