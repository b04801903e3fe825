/**
 * The same change of many conversations: a batch of commands, one per conversation, in the outbox with all others. They
 * leave a few at a time, so that the server takes them all and the person can go on working meanwhile. Pure.
 */
import type { Thread } from '../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import { sendable, type Entry, type Outbox } from './outbox.ts';

/** The latest batch. What has become of it is known from here and from its commands in the outbox. */
export interface Batch {
  readonly id: string;
  /** What is done to each conversation, for the person: "Resolve". */
  readonly label: string;
  /** How many conversations were chosen. */
  readonly size: number;
  /** Those that the server has confirmed, or that needed no change. */
  readonly done: number;
  /** Those whose customer was erased before it was their turn. */
  readonly erased: number;
}

/** How far a batch is. */
export interface Progress {
  readonly isRunning: boolean;
  /** Refused for good, until the person has them tried again. */
  readonly refused: readonly Entry[];
}

/** Between two commands of a batch: half of what the server takes from a connection is left for everything else. */
export const BATCH_PAUSE_MS = 100;
/** Commands of batches without an answer. */
const MOST_UNDER_WAY = 4;

/** The commands of a batch that have no success yet. */
export function progressOf(batch: Batch, outbox: Outbox): Progress {
  const entries = outbox.filter(({ batchId }) => batchId === batch.id);
  const refused = entries.filter(({ state }) => state === 'rejected');
  return { isRunning: refused.length < entries.length, refused };
}

/** Counts a command that was carried out. */
export function withDone(batch: Batch | null, { batchId }: Entry): Batch | null {
  return batch === null || batchId !== batch.id ? batch : { ...batch, done: batch.done + 1 };
}

/** Counts commands that were dropped with their conversations. */
export function withErased(batch: Batch | null, dropped: Outbox): Batch | null {
  const count = dropped.filter(({ batchId, state }) => batchId === batch?.id && state !== 'rejected').length;
  return batch === null || count === 0 ? batch : { ...batch, erased: batch.erased + count };
}

const WROTE_SINCE: ErrorBody = { code: 'stale_view', message: 'The customer wrote meanwhile.' };

/**
 * Refuses what would put away a conversation in which the customer has written since the person chose it: nobody would
 * see that message. Leaves what has been sent already, since it may have been carried out.
 */
export function refuseOutdated(outbox: Outbox, threads: ReadonlyMap<string, Thread>): Outbox {
  const isOutdated = ({ state, attempts, threadId, chosenAtMessageId }: Entry): boolean => {
    if (chosenAtMessageId === undefined || state !== 'waiting' || attempts > 0) return false;
    const last = threads.get(threadId)?.lastMessage;
    return last?.direction === 'inbound' && last.id !== chosenAtMessageId;
  };
  if (!outbox.some(isOutdated)) return outbox;
  return outbox.map((entry) => (isOutdated(entry) ? { ...entry, state: 'rejected', error: WROTE_SINCE } : entry));
}

/**
 * The commands that may leave now. Of batches it is at most one, and none while `isBatchWaiting`. But nobody
 * waits for a batch: a command with one of the person's behind it leaves at once.
 */
export function departing(outbox: Outbox, isBatchWaiting: boolean): readonly Entry[] {
  const ready = sendable(outbox);
  const isSingle = ({ batchId, state }: Entry): boolean => batchId === undefined && state === 'waiting';
  const awaited = new Set(outbox.filter(isSingle).map(({ threadId }) => threadId));
  const atOnce = ready.filter(({ threadId }) => awaited.has(threadId));
  const underWay = outbox.filter(({ batchId, state }) => batchId !== undefined && state === 'inflight').length;
  const next = ready.find(({ threadId }) => !awaited.has(threadId));
  return next === undefined || isBatchWaiting || underWay >= MOST_UNDER_WAY ? atOnce : [...atOnce, next];
}
