/** The durable events for SSE: a subscriber without a socket. */
import type { Cursor, EventsFrame, ResyncReason } from '../contract/events.ts';
import type { Caller } from '../inbox/command.ts';
import type { EventFeed, EventSink, Unsubscribe } from '../inbox/event-feed.ts';
import type { LiveGrant } from '../inbox/team/live-member.ts';
import { InboxError } from '../contract/errors.ts';
import type { Metrics } from '../platform/metrics.ts';
import { admit, type AdmissionDeps, type Admitted } from './admission.ts';
import type { AudienceClass } from './audience-classes.ts';
import { startExpiry, type Expiry, type ExpiryOptions } from './expiry.ts';
import type { Gate } from './gate.ts';
import type { MemberLimit } from './member-limit.ts';
import type { EndReason, Subscriber } from './tenant-feed.ts';

class SinkSubscriber implements Subscriber {
  readonly caller: Caller;
  readonly direct = true;
  grant: LiveGrant;
  seat: AudienceClass | null = null;
  disturbed = false;
  readonly #sink: EventSink;
  readonly #onEnd: () => void;
  readonly #onLapse: () => void;

  constructor(options: { caller: Caller; grant: LiveGrant; sink: EventSink; onEnd: () => void; onLapse: () => void }) {
    this.caller = options.caller;
    this.grant = options.grant;
    this.#sink = options.sink;
    this.#onEnd = options.onEnd;
    this.#onLapse = options.onLapse;
  }

  send(frame: EventsFrame): void {
    this.#sink.frame(frame);
  }

  resync(reason: ResyncReason): void {
    this.#sink.resync(reason);
  }

  seated(): void {
    // Frames come through send: there are no rooms to join.
  }

  /** An SSE stream cannot send a newer token: its reader reconnects with one. */
  lapse(): void {
    this.#onLapse();
  }

  end(reason: EndReason): void {
    this.#onEnd();
    this.#sink.close(reason);
  }
}

/** What the feed shares with the sockets. */
export interface SinkFeedDeps extends AdmissionDeps, ExpiryOptions {
  readonly gate: Gate;
  readonly memberLimit: MemberLimit;
  readonly metrics: Pick<Metrics, 'realtimeResumes'>;
  readonly isDraining: () => boolean;
}

/** One per node. */
export function createEventFeed(deps: SinkFeedDeps): EventFeed {
  return {
    subscribe: async (caller, cursor, sink) => {
      if (deps.isDraining()) throw new InboxError('unavailable', 'This server is shutting down; connect again.');
      const leave = deps.memberLimit.take(caller.memberId);
      try {
        return await deps.gate.run(() => subscribe(deps, { caller, cursor, sink, leave }));
      } catch (error) {
        leave();
        throw error;
      }
    },
  };
}

interface Wanted {
  readonly caller: Caller;
  readonly cursor: Cursor | null;
  readonly sink: EventSink;
  /** Frees the member's place. */
  readonly leave: () => void;
}

async function subscribe(deps: SinkFeedDeps, { caller, cursor, sink, leave }: Wanted): Promise<Unsubscribe> {
  let open = true;
  let expiry: Expiry | null = null;
  let admitted: Admitted<SinkSubscriber> | null = null;
  const onEnd = (): void => {
    open = false;
    expiry?.stop();
    leave();
  };
  const unsubscribe = (): void => {
    onEnd();
    admitted?.feed.remove(admitted.subscriber);
  };
  const expire = (): void => {
    unsubscribe();
    sink.close('expired');
  };
  admitted = await admit(deps, {
    caller,
    cursor,
    live: null,
    make: (live) => new SinkSubscriber({ caller, grant: live.grant, sink, onEnd, onLapse: expire }),
    isOpen: () => open,
    onLive: () => undefined,
  });
  if (admitted === null) return () => undefined;
  deps.metrics.realtimeResumes.inc({ result: admitted.result });
  expiry = startExpiry(caller.expiresAtMs, deps, expire);
  return unsubscribe;
}
