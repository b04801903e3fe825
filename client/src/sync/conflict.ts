/** How to react to a refusal. Its `details` are parsed carefully, because they are not typed. */
import type { Thread } from '../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { Message } from '../../../src/contract/message.ts';
import { renew, type Entry, type NewEntry, type Outbox } from './outbox.ts';

function entityIn(details: unknown, key: 'thread' | 'message'): object | null {
  if (typeof details !== 'object' || details === null) return null;
  const inner: unknown = key in details ? (details as Record<string, unknown>)[key] : details;
  return typeof inner === 'object' && inner !== null && 'id' in inner ? inner : null;
}

/** The current thread, from a `conflict`. */
export function conflictingThread(error: ErrorBody): Thread | null {
  return error.code === 'conflict' ? (entityIn(error.details, 'thread') as Thread | null) : null;
}

/** The message that arrived meanwhile, from a `stale_view`. */
export function newerMessage(error: ErrorBody): Message | null {
  return error.code === 'stale_view' ? (entityIn(error.details, 'message') as Message | null) : null;
}

const isOfSeen = (detail: unknown): boolean =>
  typeof detail === 'object' && detail !== null && 'path' in detail && detail.path === 'seenMessageId';

/** Whether the person saw too little: something newer was written, or what they saw last is in another conversation now. */
export function isStale({ code, details }: ErrorBody): boolean {
  return code === 'stale_view' || (code === 'invalid_input' && Array.isArray(details) && details.some(isOfSeen));
}

/** Whether a conversation was not put away because the person had not seen all of it. */
export const isOutdated = ({ name, state, error }: Entry): boolean =>
  name === 'thread:set-status' && state === 'rejected' && error !== null && isStale(error);

/** Without what asks whether to put a conversation away all the same that somebody else has put away since. */
export function withoutPutAway(outbox: Outbox, threads: ReadonlyMap<string, Thread>): Outbox {
  const isMoot = (entry: Entry): boolean =>
    isOutdated(entry) && ['resolved', 'snoozed'].includes(threads.get(entry.threadId)?.status ?? '');
  return outbox.some(isMoot) ? outbox.filter((entry) => !isMoot(entry)) : outbox;
}

const SOON_MS = 1000;

/**
 * When to send the same command again, with its id. That is after a refusal that does not concern the command itself:
 * too many requests, or the database was away, in which case the command may even have been executed. Null: the refusal
 * stands.
 */
export function passesInMs({ code, details }: ErrorBody): number | null {
  if (code !== 'rate_limited' && code !== 'unavailable') return null;
  if (typeof details !== 'object' || details === null || !('retryAfterMs' in details)) return SOON_MS;
  return typeof details.retryAfterMs === 'number' ? details.retryAfterMs : SOON_MS;
}

/**
 * Assigning a thread is refused when the thread changed in any way meanwhile (a new message, a tag). If the assignee is
 * still the one the person saw, the same assignment is sent again against the version the server named; otherwise null.
 */
export function conflictRetry(entry: Entry, error: ErrorBody, commandId: string): NewEntry | null {
  if (entry.name !== 'thread:assign' || entry.seenAssigneeId === undefined) return null;
  const thread = conflictingThread(error);
  if (thread === null || thread.assigneeId !== entry.seenAssigneeId) return null;
  if (thread.version === entry.input['expectedVersion']) return null;
  const again = renew(entry, commandId);
  return { ...again, input: { ...again.input, expectedVersion: thread.version } };
}

/** How servers say that they do not know `seenMessageId`: until November 2026, and since. */
const UNKNOWN = /(?:Unrecognized key: "|must not have )seenMessageId/;

/**
 * A server of a release before does not know `seenMessageId` of a status. It is asked without, as that release's client
 * would ask; otherwise null.
 */
export function uncheckedRetry(entry: Entry, { code, message }: ErrorBody, commandId: string): NewEntry | null {
  const isUnknown = code === 'invalid_input' && UNKNOWN.test(message);
  return entry.name === 'thread:set-status' && isUnknown ? renew(entry, commandId, ['seenMessageId']) : null;
}
