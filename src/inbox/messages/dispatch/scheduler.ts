/**
 * Decides which thread is worked on next: fair between accounts, people before programs within an account, one step at
 * a time per thread, and a bounded number at once.
 */
import type { Priority } from '../../../contract/send-input.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import type { StepResult } from './step.ts';
import type { ThreadRef } from './types.ts';

/**
 * `slots`: threads being worked on at once. An account gets at most half of them; programs get at most half of an
 * account's and three quarters of all, so that a person's answer always finds a slot.
 */
export interface SchedulerOptions {
  readonly slots: number;
  readonly step: (thread: ThreadRef, priority: Priority) => Promise<StepResult>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Task {
  readonly thread: ThreadRef;
  /** Called when the thread has nothing left to do, or when the sweeper will bring it back. */
  readonly done: (() => void)[];
  /** Who waits for it. */
  priority: Priority;
  running: boolean;
  /** Set when something new came while it was running: who waits for that. */
  again: Priority | null;
  failures: number;
}

/** Threads of one account and priority that wait for a slot, and until when all of them have to. */
interface Line {
  readonly ready: Task[];
  notBeforeMs: number;
}

interface Lane {
  readonly lines: Readonly<Record<Priority, Line>>;
  running: number;
  timer: NodeJS.Timeout | undefined;
  wakeAtMs: number;
}

const PRIORITIES: readonly Priority[] = ['agent', 'automatic'];

/** Longer waits are left to the sweeper, which finds what is due in the database. */
const MAX_TIMER_MS = 60_000;
const MAX_TIMERS = 5000;
/** Most threads of one account and priority that may wait here; the sweeper brings back those that were turned away. */
const MAX_READY_PER_LINE = 500;
const FAILURE_WAIT_MS = 1000;
const MAX_FAILURE_WAIT_MS = 15_000;

/** Holds nothing that matters: whatever it forgets, the sweeper finds. */
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

  /** Number of threads that wait or run. */
  get size(): number {
    return this.#tasks.size;
  }

  /**
   * Requests work on a thread. For one that waits or runs already this only adds `done`, and moves it forward if a
   * person waits for it now.
   */
  add(thread: ThreadRef, priority: Priority, done: () => void = () => undefined): void {
    if (this.#stopping) return;
    const timer = this.#timers.get(thread.threadId);
    clearTimeout(timer);
    this.#timers.delete(thread.threadId);
    const known = this.#tasks.get(thread.threadId);
    if (known === undefined)
      this.#addTask({ thread, priority, done: [done], running: false, again: null, failures: 0 });
    else this.#addAgain(known, priority, done);
  }

  #addTask(task: Task): void {
    const line = this.#lane(task.thread.accountId).lines[task.priority];
    if (line.ready.length >= MAX_READY_PER_LINE) {
      for (const done of task.done) done();
      return;
    }
    this.#tasks.set(task.thread.threadId, task);
    line.ready.push(task);
    this.#pump();
  }

  #addAgain(task: Task, priority: Priority, done: () => void): void {
    task.done.push(done);
    if (task.running) {
      task.again = task.again === 'agent' ? 'agent' : priority;
    } else if (priority === 'agent' && task.priority === 'automatic') {
      const { lines } = this.#lane(task.thread.accountId);
      const { ready } = lines.automatic;
      ready.splice(ready.indexOf(task), 1);
      task.priority = 'agent';
      lines.agent.ready.push(task);
      this.#pump();
    }
  }

  /**
   * Starts nothing more and resolves when running steps have been recorded. Waiting threads are left to other workers.
   */
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
    const line = (): Line => ({ ready: [], notBeforeMs: 0 });
    const lines = { agent: line(), automatic: line() };
    const lane: Lane = { lines, running: 0, timer: undefined, wakeAtMs: Infinity };
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
    const priority = PRIORITIES.find((one) => this.#mayStart(lane, one));
    const task = priority === undefined ? undefined : lane.lines[priority].ready.shift();
    if (task === undefined) return false;
    // Back of the queue: the next free slot goes to another account.
    this.#lanes.delete(accountId);
    this.#lanes.set(accountId, lane);
    void this.#run(lane, task);
    return true;
  }

  #mayStart(lane: Lane, priority: Priority): boolean {
    const { slots, clock } = this.#options;
    const { ready, notBeforeMs } = lane.lines[priority];
    const isForPerson = priority === 'agent';
    const hasSlot = lane.running < Math.max(1, isForPerson ? slots / 2 : slots / 4);
    const isRoom = isForPerson || this.#running < Math.max(1, (slots * 3) / 4);
    if (ready.length === 0 || !hasSlot || !isRoom) return false;
    const waitMs = notBeforeMs - clock.nowMs();
    if (waitMs > 0) this.#wake(lane, waitMs);
    return waitMs <= 0;
  }

  /** One timer per account, for the line that may continue first. */
  #wake(lane: Lane, waitMs: number): void {
    const atMs = this.#options.clock.nowMs() + Math.min(waitMs, MAX_TIMER_MS);
    if (lane.timer !== undefined && lane.wakeAtMs <= atMs) return;
    clearTimeout(lane.timer);
    lane.wakeAtMs = atMs;
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
      const result = await this.#options.step(task.thread, task.priority);
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
    const { again } = task;
    task.again = null;
    if (result.kind === 'wait' && result.scope === 'account') {
      this.#hold(lane, task, result.waitMs);
      this.#putBack(lane, task, again);
    } else if (result.kind === 'more' || (again !== null && result.kind === 'idle')) {
      task.priority = again === 'agent' || result.kind !== 'more' ? (again ?? task.priority) : result.priority;
      lane.lines[task.priority].ready.push(task);
    } else {
      this.#finish(task);
      if (result.kind === 'wait') this.#later(task, result.waitMs);
      this.#forgetIdle(task.thread.accountId, lane);
    }
  }

  #hold(lane: Lane, { priority }: Task, waitMs: number): void {
    const line = lane.lines[priority];
    line.notBeforeMs = Math.max(line.notBeforeMs, this.#options.clock.nowMs() + waitMs);
    if (waitMs > MAX_TIMER_MS) this.#clear(line);
  }

  /**
   * To the head of its line, or of the people's line, which need not wait for the tokens that programs must leave to
   * people.
   */
  #putBack(lane: Lane, task: Task, again: Priority | null): void {
    if (again === 'agent') task.priority = again;
    const { ready, notBeforeMs } = lane.lines[task.priority];
    if (notBeforeMs - this.#options.clock.nowMs() > MAX_TIMER_MS) this.#finish(task);
    else ready.unshift(task);
  }

  #forgetIdle(accountId: string, lane: Lane): void {
    const nowMs = this.#options.clock.nowMs();
    const idle = PRIORITIES.every((one) => {
      const { ready, notBeforeMs } = lane.lines[one];
      return ready.length === 0 && notBeforeMs <= nowMs;
    });
    if (idle && lane.running === 0) this.#lanes.delete(accountId);
  }

  /** For a long pause: the sweeper brings the threads back when it is over. */
  #clear(line: Line): void {
    for (const task of line.ready.splice(0)) this.#finish(task);
  }

  #finish(task: Task): void {
    this.#tasks.delete(task.thread.threadId);
    for (const done of task.done) done();
  }

  /** Keeps counting the same failures, so that an outage is not hammered. */
  #later({ thread, priority, failures }: Task, waitMs: number): void {
    if (this.#stopping || waitMs > MAX_TIMER_MS || this.#timers.size >= MAX_TIMERS) return;
    const timer = setTimeout(() => {
      this.#timers.delete(thread.threadId);
      this.add(thread, priority);
      const task = this.#tasks.get(thread.threadId);
      if (task !== undefined) task.failures = failures;
    }, waitMs);
    this.#timers.set(thread.threadId, timer);
  }
}
