/** Appends the nudges that commands return, each to its own stream. */
import type { MediaJob, OutboundJob } from '../contract/jobs.ts';
import type { StreamProducer } from '../platform/stream.ts';
import { MediaQueue } from './media/download/queue.ts';
import { OutboundQueue } from './messages/dispatch/queue.ts';

/** Appends a nudge to its stream. May reject; then a sweeper makes up for it. */
export interface JobQueue {
  append(job: OutboundJob | MediaJob): Promise<void>;
}

/** `append` rejects with StreamUnavailableError; the job may then be on the stream all the same. */
export function createJobQueue(producer: Pick<StreamProducer, 'append'>, shards: number): JobQueue {
  const outbound = new OutboundQueue(producer, shards);
  const media = new MediaQueue(producer, shards);
  return { append: (job) => ('mediaId' in job ? media.append(job) : outbound.append(job)) };
}
