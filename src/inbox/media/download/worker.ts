/** What consumers/media does with the media stream. */
import { idsByKey, type AckedIds, type StreamEntry } from '../../../platform/stream.ts';
import { Lanes } from './lanes.ts';
import { decodeMediaJob, MEDIA_STREAM } from './queue.ts';
import { createFetchStep, type FetchStepDeps } from './step.ts';

/** `slots` default 8: that many files are downloaded at once. */
export interface MediaWorkerDeps extends FetchStepDeps {
  readonly slots?: number;
}

/** A running fetcher. `handler` is for runStreamWorker. */
export interface MediaWorker {
  readonly handler: (entries: readonly StreamEntry[]) => Promise<AckedIds>;
  /** Takes nothing more; resolves when the downloads in progress are stored. */
  stop(): Promise<void>;
}

const DEFAULT_SLOTS = 8;
const WAITING = 1000;

/**
 * The handler only hands nudges over. What is due is in the database, so a nudge is finished as soon as it has been
 * read. The sweeper repeats one that does not fit, or whose work fails.
 */
export function createMediaWorker(deps: MediaWorkerDeps): MediaWorker {
  const lanes = new Lanes({ slots: deps.slots ?? DEFAULT_SLOTS, waiting: WAITING });
  const step = createFetchStep(deps);
  const offer = (entry: StreamEntry): void => {
    const job = decodeMediaJob(entry);
    if (job === null) {
      deps.log.error({ stream: MEDIA_STREAM }, 'An entry of the media stream is not a job.');
      return;
    }
    lanes.offer(job.accountId, async () => {
      try {
        await step(job);
      } catch (error) {
        deps.log.warn(
          { err: error, mediaId: job.mediaId },
          'Fetching an attachment was interrupted; it is tried again.',
        );
      }
    });
  };
  return {
    handler: (entries) => {
      entries.forEach(offer);
      return Promise.resolve(idsByKey(entries));
    },
    stop: () => lanes.stop(),
  };
}
