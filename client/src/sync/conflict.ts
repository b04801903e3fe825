/** What to make of a refusal. Its `details` are read with care: they come from outside our types. */
import type { Thread } from '../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { Message } from '../../../src/contract/message.ts';
import { renew, type Entry, type NewEntry } from './outbox.ts';

function entityIn(details: unknown, key: 'thread' | 'message'): object | null {
  if (typeof details !== 'object' || details === null) return null;
  const inner: unknown = key in details ? (details as Record<string, unknown>)[key] : details;
  return typeof inner === 'object' && inner !== null && 'id' in inner ? inner : null;
}

/** The thread as it is now, from a `conflict`. */
export function conflictingThread(error: ErrorBody): Thread | null {
  return error.code === 'conflict' ? (entityIn(error.details, 'thread') as Thread | null) : null;
}

/** The message that arrived meanwhile, from a `stale_view`. */
export function newerMessage(error: ErrorBody): Message | null {
  return error.code === 'stale_view' ? (entityIn(error.details, 'message') as Message | null) : null;
}

const SOON_MS = 1000;

/**
 * When to send the same command again, with its id: after a refusal that says nothing of the wish itself, be it that too
 * much was asked at once or that the database was away, in which case it may even be done. Null: the refusal stands.
 */
export function passesInMs({ code, details }: ErrorBody): number | null {
  if (code !== 'rate_limited' && code !== 'unavailable') return null;
  if (typeof details !== 'object' || details === null || !('retryAfterMs' in details)) return SOON_MS;
  return typeof details.retryAfterMs === 'number' ? details.retryAfterMs : SOON_MS;
}

/**
 * Giving a thread to somebody is refused when the thread merely changed meanwhile (a new message, a tag). If whoever had
 * it when the person decided has it still, the same wish is sent again against the version the server named; else null.
 */
export function conflictRetry(entry: Entry, error: ErrorBody, commandId: string): NewEntry | null {
  if (entry.name !== 'thread:assign' || entry.seenAssigneeId === undefined) return null;
  const thread = conflictingThread(error);
  if (thread === null || thread.assigneeId !== entry.seenAssigneeId) return null;
  if (thread.version === entry.input['expectedVersion']) return null;
  const again = renew(entry, commandId);
  return { ...again, input: { ...again.input, expectedVersion: thread.version } };
}
