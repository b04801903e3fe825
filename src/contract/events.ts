/** The durable log as clients see it: absolute, versioned, numbered per tenant without gaps. */
import { z } from 'zod';
import { Account, Member, Note, Thread } from './entities.ts';
import { MessageId, SavedReplyId, ThreadId } from './ids.ts';
import { Instant } from './instant.ts';
import { Message } from './message.ts';
import { SavedReply } from './saved-replies.ts';

export const Seq = z.number().int().nonnegative();
/** Position in a tenant's log: 1, 2, 3 … under a lock held to commit. */
export type Seq = z.infer<typeof Seq>;

export const Cursor = z.object({ epoch: z.string().min(1).max(64), seq: Seq });
/** Everything up to and including `seq` of this `epoch` has been seen. */
export type Cursor = z.infer<typeof Cursor>;

const event = <T extends string, D extends z.ZodType>(
  type: T,
  data: D,
): z.ZodObject<{ seq: typeof Seq; at: typeof Instant; type: z.ZodLiteral<T>; data: D }> =>
  z.object({ seq: Seq, at: Instant, type: z.literal(type), data });

export const RemovedReason = z.enum(['assigned_away', 'permissions', 'merged', 'erased']);
export type RemovedReason = z.infer<typeof RemovedReason>;

export const Event = z.discriminatedUnion('type', [
  event('message.created', z.object({ message: Message })),
  event('message.updated', z.object({ message: Message })),
  event('message.removed', z.object({ messageId: MessageId, threadId: ThreadId })),
  event('thread.created', z.object({ thread: Thread })),
  event('thread.updated', z.object({ thread: Thread })),
  event('thread.removed', z.object({ threadId: ThreadId, reason: RemovedReason })),
  event('note.created', z.object({ note: Note })),
  /** `removed`: no longer in the team. */
  event('member.updated', z.object({ member: Member, removed: z.boolean().optional() })),
  event('account.updated', z.object({ account: Account })),
  /** Added or changed. */
  event('saved-reply.updated', z.object({ savedReply: SavedReply })),
  event('saved-reply.removed', z.object({ savedReplyId: SavedReplyId })),
]);
/** One durable change; `data` holds the whole entity with its `version`, so applying it twice is harmless. */
export type Event = z.infer<typeof Event>;
/** The `type` of a durable event. */
export type EventType = Event['type'];

export const EventsFrame = z.object({ from: Seq, to: Seq, epoch: z.string(), events: z.array(Event) });
/** "You have now been offered everything in (from, to] that you may see." */
export type EventsFrame = z.infer<typeof EventsFrame>;

export const ResyncReason = z.enum(['too-old', 'epoch', 'ahead', 'permissions']);
export type ResyncReason = z.infer<typeof ResyncReason>;
