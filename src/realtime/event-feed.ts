/** The durable events for SSE: a subscriber without a socket. */
import type { Cursor, EventsFrame, ResyncReason } from '../contract/events.ts';
import type { Caller } from '../inbox/command.ts';
import type { EventFeed, EventSink, Unsubscribe } from '../inbox/event-feed.ts';
import type { LiveGrant } from '../inbox/team/live-member.ts';
import { InboxError } from '../contract/errors.ts';
import type { Metrics } from '../platform/metrics.ts';
import { admit, type AdmissionDeps } from './admission.ts';
import type { AudienceClass } from './audience-classes.ts';
import { startExpiry, type Expiry } from './expiry.ts';
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

  constructor(options: { caller: Caller; grant: LiveGrant; sink: EventSink; onEnd: () => void }) {
    this.caller = options.caller;
    this.grant = options.grant;
    this.#sink = options.sink;
    this.#onEnd = options.onEnd;
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

  end(reason: EndReason): void {
    this.#onEnd();
    this.#sink.close(reason);
  }
}

/** What the feed shares with the sockets. */
export interface SinkFeedDeps extends AdmissionDeps {
  readonly gate: Gate;
  readonly memberLimit: MemberLimit;
  readonly metrics: Pick<Metrics, 'realtimeResumes'>;
  readonly isDraining: () => boolean;
  /** Between the end of a token and the end of its subscription, ms. */
  readonly graceMs: number;
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
  /** Gives the member's place back. */
  readonly leave: () => void;
}

async function subscribe(deps: SinkFeedDeps, { caller, cursor, sink, leave }: Wanted): Promise<Unsubscribe> {
  let open = true;
  let expiry: Expiry | null = null;
  const onEnd = (): void => {
    open = false;
    expiry?.stop();
    leave();
  };
  const admitted = await admit(deps, {
    caller,
    cursor,
    live: null,
    make: (live) => new SinkSubscriber({ caller, grant: live.grant, sink, onEnd }),
    isOpen: () => open,
    onLive: () => undefined,
  });
  if (admitted === null) return () => undefined;
  const { feed, subscriber, result } = admitted;
  deps.metrics.realtimeResumes.inc({ result });
  const unsubscribe = (): void => {
    onEnd();
    feed.remove(subscriber);
  };
  expiry = startExpiry(caller.expiresAtMs, deps.graceMs, () => {
    unsubscribe();
    sink.close('expired');
  });
  return unsubscribe;
}
