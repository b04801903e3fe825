/** The live, resumable view of the event log for one member. Implemented by realtime/, also used by SSE. */
import type { Cursor, EventsFrame, ResyncReason } from '../contract/events.ts';
import type { Caller } from './command.ts';

/** Receives a subscription's frames. All calls come in log order; none after `close`. */
export interface EventSink {
  /** Frames chain: `from` is the previous `to`. Events are filtered by what the caller may see at this moment. */
  frame(frame: EventsFrame): void;
  /** The cursor cannot be continued, so a snapshot is needed. The subscription continues from the head of the log. */
  resync(reason: ResyncReason): void;
  /** The feed ended the subscription: the membership ended, the token expired, or this node drains. */
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
