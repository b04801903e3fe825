/** The list of all recurring jobs. */
import { steadyClock, type Clock } from '../../lib/clock.ts';
import type { Logger } from '../../platform/log.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { BlobStore } from '../../platform/blobs.ts';
import type { Database } from '../../platform/postgres.ts';
import type { StreamProducer } from '../../platform/stream.ts';
import type { Surroundings } from '../erasing/arrivals.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { MediaQueue } from '../media/download/queue.ts';
import { repairParked } from '../messages/dispatch/parked.ts';
import { OutboundQueue } from '../messages/dispatch/queue.ts';
import { accountJobs, type AccountJobDeps } from './account-jobs.ts';
import { gaugesJob } from './gauges.ts';
import { onlyWhenDue } from './due.ts';
import { dueMediaJob } from './due-media.ts';
import { unsentUploadsJob, unusedReplyFilesJob } from './unsent-uploads.ts';
import { erasuresJob } from './erasures.ts';
import { halfWrittenJob } from './half-written.ts';
import type { Job } from './jobs.ts';
import { endingLettersJob, letterTermsJob } from './letter-terms.ts';
import { redriveJob } from './redrive.ts';
import { reportRebuildsJob, reportsJob } from './reports-job.ts';
import { retentionJobs } from './retention.ts';
import { searchListsJob } from './search-lists.ts';
import { snoozeJob } from './snooze.ts';
import { spillDrainJob } from './spill-drain.ts';
import { termsJob } from './terms.ts';
import { tenantErasuresJob } from './tenant-erasures.ts';
import { dueReceiptsJob, dueThreadsJob, stuckAttemptsJob } from './sweeper.ts';

/** What the jobs need; `db` of the owner kind. */
export interface HousekeepingDeps extends AccountJobDeps, Surroundings {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly hints: HintPublisher;
  /** For webhooks: what it accepts is not lost. */
  readonly producer: Pick<StreamProducer, 'append'>;
  /** For nudges: what it loses is sent again. */
  readonly nudges: Pick<StreamProducer, 'append'>;
  readonly shards: number;
  readonly leaseMs: number;
  readonly blobs: BlobStore;
  /** Unfinished entries of the outbound stream. */
  readonly outboundBacklog: () => Promise<number>;
  /** Unread entries of the media stream. */
  readonly mediaBacklog: () => Promise<number>;
}

const REPAIR_LIMIT = 200;

/** All jobs of the housekeeping process. */
export function housekeepingJobs(deps: HousekeepingDeps): Job[] {
  const { db, hints, leaseMs, clock } = deps;
  const nowMs = (): number => clock.nowMs();
  const queue = new OutboundQueue(deps.nudges, deps.shards);
  const due = { db, nowMs: () => steadyClock.nowMs() };
  const sweeper = { ...due, hints, leaseMs, queue, backlog: deps.outboundBacklog };
  const jobs = [
    stuckAttemptsJob(sweeper),
    dueThreadsJob(sweeper),
    dueReceiptsJob(sweeper),
    dueMediaJob({ ...due, queue: new MediaQueue(deps.nudges, deps.shards), backlog: deps.mediaBacklog }),
    unsentUploadsJob(deps),
    unusedReplyFilesJob(deps),
    halfWrittenJob(deps),
    snoozeJob(deps),
    spillDrainJob(deps),
    redriveJob(deps),
    ...retentionJobs({ db, now: () => clock.now() }),
    parkedJob(deps),
    searchListsJob(db),
    gaugesJob({ ...deps, nowMs }),
    reportsJob(deps),
    reportRebuildsJob(deps),
    erasuresJob(deps),
    tenantErasuresJob({ ...deps, nowMs }),
    termsJob(deps),
    letterTermsJob(deps),
    endingLettersJob(deps),
    ...accountJobs(deps),
  ];
  return onlyWhenDue(jobs, db, leaseMs);
}

/** Should never find anything; logs an error when it does. */
function parkedJob({ db, log, hints }: HousekeepingDeps): Job {
  return {
    name: 'parked-repair',
    everyMs: 600_000,
    full: REPAIR_LIMIT,
    run: async () => {
      const { messages, logged } = await repairParked(db, REPAIR_LIMIT);
      publishHints(hints, logged);
      if (messages > 0) log.error({ count: messages }, 'Items waited although their messages were there.');
      return messages;
    },
  };
}
