/** Gets sending going again when a worker died or a nudge was lost. */
import type { OutboundJob } from '../../contract/jobs.ts';
import type { Priority } from '../../contract/send-input.ts';
import type { Database } from '../../platform/postgres.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { findDueReactions, findDueThreads, giveUpStuckAttempts, type DueCursor } from '../messages/dispatch/sweep.ts';
import { takeDueReceipts } from '../messages/dispatch/receipts.ts';
import type { ThreadRef } from '../messages/dispatch/types.ts';
import { GRACE_MS } from './due.ts';
import type { Job } from './jobs.ts';
import { countTaken, NudgeMemory } from './nudge-memory.ts';

/** `leaseMs`: an attempt older than this without a recorded outcome counts as unknown. */
export interface SweeperDeps {
  readonly db: Database;
  readonly hints: HintPublisher;
  readonly leaseMs: number;
  readonly queue: { append(job: OutboundJob): Promise<void> };
  /** Unfinished entries on the outbound stream; rejects when Redis is unavailable. */
  readonly backlog: () => Promise<number>;
  /** Of a clock that is never set. */
  readonly nowMs: () => number;
}

const STUCK_LIMIT = 200;
const DUE_LIMIT = 500;
/** With this many nudges waiting, more would only make the queue longer. */
const BUSY_BACKLOG = 10_000;
const START: DueCursor = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' };

/** Marks attempts whose lease has expired as unknown; logs events for messages. */
export function stuckAttemptsJob(deps: SweeperDeps): Job {
  return {
    name: 'stuck-attempts',
    everyMs: 1000,
    full: STUCK_LIMIT,
    run: async () => {
      const { messages, reactions, logged } = await giveUpStuckAttempts(deps.db, deps.leaseMs, STUCK_LIMIT);
      publishHints(deps.hints, logged);
      return messages + reactions;
    },
  };
}

/** Nudges threads with something due. A second nudge from another process is harmless. */
export function dueThreadsJob(deps: SweeperDeps): Job {
  const nudged = new NudgeMemory(deps.nowMs);
  let after = START;
  return {
    name: 'due-threads',
    everyMs: 1000,
    run: async () => {
      if ((await deps.backlog()) > BUSY_BACKLOG) return 0;
      const due = await deps.db.run('sweeper.due', (sql) =>
        findDueThreads(sql, { after, graceMs: GRACE_MS, limit: DUE_LIMIT }),
      );
      const reactions = await deps.db.run('sweeper.due_reactions', (sql) => findDueReactions(sql, GRACE_MS, DUE_LIMIT));
      // The next round starts where this one ended, so that the threads of a paused number do not hide those behind
      // them.
      const last = due.at(-1);
      after = last === undefined || due.length < DUE_LIMIT ? START : last;
      return await nudge(deps, nudged, [...due, ...reactions]);
    },
  };
}

/** Queues receipts that are still owed: their worker died, or the carrier refused them. */
export function dueReceiptsJob({ db, queue }: Pick<SweeperDeps, 'db' | 'queue'>): Job {
  return {
    name: 'due-receipts',
    everyMs: 2000,
    full: DUE_LIMIT,
    run: async () => {
      const due = await db.run('sweeper.due_receipts', (sql) => takeDueReceipts(sql, DUE_LIMIT));
      return await countTaken(due.map((job) => queue.append(job)));
    },
  };
}

/** Reactions have no priority: they always come from a person. */
type Nudgeable = ThreadRef & { readonly priority?: Priority };

async function nudge(deps: SweeperDeps, nudged: NudgeMemory, threads: readonly Nudgeable[]): Promise<number> {
  const fresh = nudged.fresh(threads, ({ threadId }) => threadId);
  const nudges = fresh.map(async ({ tenantId, accountId, threadId, priority }) => {
    const lane = priority === 'automatic' ? { priority } : {};
    await deps.queue.append({ tenantId, accountId, threadId, task: 'send', ...lane });
    nudged.remember(threadId);
  });
  return await countTaken(nudges);
}
