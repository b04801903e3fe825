/**
 * Nudges workers to download attachments whose nudge was lost, whose worker died, or whose wait after a failure is
 * over.
 */
import type { MediaJob } from '../../contract/jobs.ts';
import type { Database } from '../../platform/postgres.ts';
import { findDueMedia, type DueMediaCursor } from '../media/download/sweep.ts';
import { GRACE_MS } from './due.ts';
import type { Job } from './jobs.ts';
import { countTaken, NudgeMemory } from './nudge-memory.ts';

/** `backlog`: unread entries on the media stream; rejects when Redis is unavailable. */
export interface DueMediaDeps {
  readonly db: Database;
  readonly queue: { append(job: MediaJob): Promise<void> };
  readonly backlog: () => Promise<number>;
  /** Of a clock that is never set. */
  readonly nowMs: () => number;
}

const LIMIT = 500;
const BUSY_BACKLOG = 10_000;
const START: DueMediaCursor = { at: '-infinity', mediaId: '00000000-0000-0000-0000-000000000000' };

/** Several processes may run it: a second nudge is harmless. */
export function dueMediaJob(deps: DueMediaDeps): Job {
  const nudged = new NudgeMemory(deps.nowMs);
  let after = START;
  return {
    name: 'due-media',
    everyMs: 1000,
    run: async () => {
      if ((await deps.backlog()) > BUSY_BACKLOG) return 0;
      const due = await deps.db.run('sweeper.due_media', (sql) =>
        findDueMedia(sql, { after, graceMs: GRACE_MS, limit: LIMIT }),
      );
      // The next round starts where this one ended, so that a number with many files does not hide the others'.
      const last = due.at(-1);
      after = last === undefined || due.length < LIMIT ? START : { at: last.at, mediaId: last.mediaId };
      const fresh = nudged.fresh(due, ({ mediaId }) => mediaId);
      const nudges = fresh.map(async ({ tenantId, accountId, mediaId }) => {
        await deps.queue.append({ tenantId, accountId, mediaId });
        nudged.remember(mediaId);
      });
      return await countTaken(nudges);
    },
  };
}
