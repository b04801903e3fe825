/** The media stream: how a nudge to download an attachment is written and read. */
import { LogEvent, MediaJob } from '../../../contract/jobs.ts';
import { Message } from '../../../contract/message.ts';
import { shardOf } from '../../../lib/hash.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import { streamKey, type StreamEntry, type StreamProducer } from '../../../platform/stream.ts';
import type { LoggedEvent } from '../../event-log.ts';

/** Name of the stream; its shards are `media:{0}` … */
export const MEDIA_STREAM = 'media';
/** The one consumer group that reads it. */
export const MEDIA_GROUP = 'media';

const APPEND_DEADLINE_MS = 700;

/** Appends nudges. The sweeper makes up for a lost one. */
export class MediaQueue {
  readonly #producer: Pick<StreamProducer, 'append'>;
  readonly #shards: number;

  constructor(producer: Pick<StreamProducer, 'append'>, shards: number) {
    this.#producer = producer;
    this.#shards = shards;
  }

  /** Rejects with StreamUnavailableError; the job may then be on the stream all the same. */
  async append(job: MediaJob): Promise<void> {
    const key = streamKey(MEDIA_STREAM, shardOf(job.mediaId, this.#shards));
    await this.#producer.append(key, { j: JSON.stringify(job) }, APPEND_DEADLINE_MS);
  }
}

/** Null for an entry that is not ours. */
export function decodeMediaJob(entry: StreamEntry): MediaJob | null {
  try {
    return MediaJob.parse(JSON.parse(entry.fields['j']?.toString('utf8') ?? ''));
  } catch {
    return null;
  }
}

/** Called with what a transaction logged, after its commit. */
export type FetchSoon = (logged: readonly LoggedEvent[]) => void;

/** Nudges every attachment that has just arrived. Never fails: what it cannot append, the sweeper finds. */
export function createFetchSoon(deps: {
  readonly queue: Pick<MediaQueue, 'append'>;
  readonly metrics: Pick<Metrics, 'queueFailed'>;
  readonly log: Logger;
}): FetchSoon {
  return (logged) => {
    for (const job of logged.flatMap(jobOf)) {
      deps.queue.append(job).catch((error: unknown) => {
        deps.metrics.queueFailed.inc({ stream: MEDIA_STREAM });
        deps.log.debug({ err: error, mediaId: job.mediaId }, 'A nudge was lost; the sweeper will find the attachment.');
      });
    }
  };
}

/** Most messages have no attachment, so only events that look like one are parsed. */
const WITH_MEDIA = /"media"\s*:\s*\{/;

function jobOf({ type, tenantId, event }: LoggedEvent): MediaJob[] {
  if (type !== 'message.created' || !WITH_MEDIA.test(event)) return [];
  const { accountId, media } = Message.parse(LogEvent.parse(JSON.parse(event)).data['message']);
  return media?.state === 'pending' ? [{ tenantId, accountId, mediaId: media.id }] : [];
}
