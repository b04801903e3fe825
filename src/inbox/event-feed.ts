/** The durable events for transports without sockets: same tailer, same filter, same way of joining. */
import type { Cursor, EventsFrame, ResyncReason } from '../contract/events.ts';
import type { Goodbye } from '../contract/socket.ts';
import type { Caller } from './command.ts';

/** Called synchronously and in order; must not throw. After `end` nothing follows. */
export interface FeedSink {
  /** Frames chain: `from` is the last `to`. */
  frame(frame: EventsFrame): void;
  /** What was received so far is no longer valid; the frames that follow begin at the present head. */
  resync(reason: ResyncReason): void;
  end(reason: Goodbye['reason']): void;
}

/** A running subscription; `cursor` is where live frames began. `close` is idempotent. */
export interface FeedSubscription {
  readonly cursor: Cursor;
  close(): void;
}

/**
 * Replays what was missed since `cursor`, as far as the caller may see it now, then follows the log. Null starts at the
 * head. Rejects with InboxError `unavailable` (draining, overloaded, database away) or `forbidden` (no longer a member).
 */
export interface EventFeed {
  subscribe(caller: Caller, cursor: Cursor | null, sink: FeedSink): Promise<FeedSubscription>;
}
