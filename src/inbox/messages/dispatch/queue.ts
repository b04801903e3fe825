/** The outbound stream: how a nudge is written and read. */
import { OutboundJob } from '../../../contract/jobs.ts';
import { shardOf } from '../../../lib/hash.ts';
import { streamKey, type StreamEntry, type StreamProducer } from '../../../platform/stream.ts';

/** Name of the stream; its shards are `outbound:{0}` … */
export const OUTBOUND_STREAM = 'outbound';
/** The one consumer group that reads it. */
export const OUTBOUND_GROUP = 'outbound';

const APPEND_DEADLINE_MS = 700;

/** Appends nudges; all of one thread go to one shard. The sweeper makes up for a lost one. */
export class OutboundQueue {
  readonly #producer: Pick<StreamProducer, 'append'>;
  readonly #shards: number;

  constructor(producer: Pick<StreamProducer, 'append'>, shards: number) {
    this.#producer = producer;
    this.#shards = shards;
  }

  /** Rejects with StreamUnavailableError; the job may then be on the stream all the same. */
  async append(job: OutboundJob): Promise<void> {
    const key = streamKey(OUTBOUND_STREAM, shardOf(job.threadId, this.#shards));
    await this.#producer.append(key, { j: JSON.stringify(job) }, APPEND_DEADLINE_MS);
  }
}

/** A nudge as read; `writtenMs` by the clock of Redis. */
export interface Nudge {
  readonly job: OutboundJob;
  readonly entry: Pick<StreamEntry, 'key' | 'id'>;
  readonly writtenMs: number;
}

/** Null for an entry that is not ours. */
export function decodeNudge(entry: StreamEntry): Nudge | null {
  const parsed = OutboundJob.safeParse(parseJson(entry.fields['j']));
  if (!parsed.success) return null;
  return { job: parsed.data, entry, writtenMs: Number(entry.id.split('-')[0]) };
}

function parseJson(value: Buffer | undefined): unknown {
  try {
    return JSON.parse(value?.toString('utf8') ?? '');
  } catch {
    return undefined;
  }
}
