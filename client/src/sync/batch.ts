/**
 * The same change of many conversations: a batch of commands, one per conversation, in the outbox with all others. They
 * leave a few at a time, so that the server takes them all and the person can go on working meanwhile. Pure.
 */
import { sendable, type Entry, type Outbox } from './outbox.ts';

/** A batch. What has become of it is known from here and from its commands in the outbox. */
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
  /** Those that had not begun when the person stopped it. */
  readonly stopped: number;
}

/** Oldest first. Their commands leave in this order. */
export type Batches = readonly Batch[];

/** How far a batch is. */
export interface Progress {
  readonly isRunning: boolean;
  /** Some of its commands have not left yet. */
  readonly mayStop: boolean;
  /** Refused for good, until the person has them tried again. */
  readonly refused: readonly Entry[];
}

/** Between two commands of a batch: half of what the server takes from a connection is left for everything else. */
export const BATCH_PAUSE_MS = 100;
/** Commands of batches without an answer. */
const MOST_UNDER_WAY = 4;

/** Whether a command has never left, so that it is certain that it was not carried out. */
const hasNotBegun = ({ state, attempts }: Entry): boolean => state === 'waiting' && attempts === 0;

/** The commands of a batch that have no success yet. */
export function progressOf(batch: Batch, outbox: Outbox): Progress {
  const entries = outbox.filter(({ batchId }) => batchId === batch.id);
  const refused = entries.filter(({ state }) => state === 'rejected');
  return { isRunning: refused.length < entries.length, mayStop: entries.some(hasNotBegun), refused };
}

/** Counts a command that was carried out. */
export function withDone(batches: Batches, { batchId }: Entry): Batches {
  return batches.map((batch) => (batch.id === batchId ? { ...batch, done: batch.done + 1 } : batch));
}

/** Counts commands that were dropped with their conversations. */
export function withErased(batches: Batches, dropped: Outbox): Batches {
  return batches.map((batch) => {
    const count = dropped.filter(({ batchId, state }) => batchId === batch.id && state !== 'rejected').length;
    return { ...batch, erased: batch.erased + count };
  });
}

/** Takes back what has not begun of a batch. What has left already may have been carried out, and goes on. */
export function stop(
  batches: Batches,
  outbox: Outbox,
  id: string,
): { readonly batches: Batches; readonly outbox: Outbox } {
  const left = outbox.filter((entry) => entry.batchId !== id || !hasNotBegun(entry));
  const stopped = outbox.length - left.length;
  const count = (batch: Batch): Batch => (batch.id === id ? { ...batch, stopped: batch.stopped + stopped } : batch);
  return { batches: batches.map(count), outbox: left };
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
