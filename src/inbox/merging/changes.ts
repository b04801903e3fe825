/** The events of a merge: every screen ends up with what a fresh snapshot would show. */
import type { MessageId, NoteId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { Change } from '../event-log.ts';
import type { MovedItem, OwnedThread } from './queries.ts';

/** Above this many messages, screens are told to load the conversation again instead. */
export const MAX_MOVED_EVENTS = 500;

type Seen = Pick<OwnedThread, 'id' | 'assigneeId'>;

const about = (tenantId: TenantId, type: Change['type'], thread: Seen): Change => {
  return { tenantId, type, id: thread.id, threadId: thread.id, before: thread.assigneeId };
};

/** The thread is gone. */
export function goneThread(tenantId: TenantId, thread: Seen): Change {
  return about(tenantId, 'thread.removed', thread);
}

/** The thread is there again, or new. Clients that had it loaded were told before that it is gone. */
export function newThread(tenantId: TenantId, thread: Seen): Change {
  return { ...about(tenantId, 'thread.created', thread), created: true };
}

/** Makes clients forget and reload it: too much in it has changed for single events. */
export function renewedThread(tenantId: TenantId, thread: Seen): Change[] {
  return [goneThread(tenantId, thread), newThread(tenantId, thread)];
}

/** Its contact or its summary looks different. */
export function changedThread(tenantId: TenantId, thread: Seen): Change {
  return about(tenantId, 'thread.updated', thread);
}

/** What moved into threads from others. */
export interface Arrivals {
  readonly messages: readonly MovedItem<MessageId>[];
  readonly notes: readonly MovedItem<NoteId>[];
}

/** A thread that absorbed another: its new messages and notes one by one, or a reload if there are many. */
export function filledThread(tenantId: TenantId, thread: Seen, { messages, notes }: Arrivals): Change[] {
  if (messages.length > MAX_MOVED_EVENTS) return renewedThread(tenantId, thread);
  const here = ({ threadId }: { readonly threadId: ThreadId }): boolean => threadId === thread.id;
  const arrived =
    (type: Change['type']) =>
    ({ id }: { readonly id: string }): Change => {
      return { tenantId, type, id, threadId: thread.id, before: thread.assigneeId };
    };
  return [
    ...messages.filter(here).map(arrived('message.updated')),
    ...notes.filter(here).map(arrived('note.created')),
    changedThread(tenantId, thread),
  ];
}
