/** The live, resumable, per-member view of the event log; implemented beside the sockets, also read by SSE. */
import type { Cursor, EventsFrame, ResyncReason } from '../contract/events.ts';
import type { Caller } from './command.ts';

/** Where a subscription's frames go. All calls come in log order; none comes after `close`. */
export interface EventSink {
  /** Frames chain: `from` is the last `to`; events are filtered to what the caller may see at this moment. */
  frame(frame: EventsFrame): void;
  /** The cursor cannot be continued; a snapshot is needed. The subscription goes on from the head of the log. */
  resync(reason: ResyncReason): void;
  /** The feed ended the subscription: membership gone, token expired, or this node drains. */
  close(reason: 'revoked' | 'expired' | 'drain'): void;
}

/** Ends a subscription; harmless to call twice. */
export type Unsubscribe = () => void;

/** Durable events of the caller's tenant, replayed after `cursor` and then live. */
export interface EventFeed {
  /**
   * Resolves when replay is complete and the subscription is live. A null cursor starts at the head of the log.
   * Throws InboxError (`forbidden` when not a member, `unavailable` when the log cannot be read).
   */
  subscribe(caller: Caller, cursor: Cursor | null, sink: EventSink): Promise<Unsubscribe>;
}
