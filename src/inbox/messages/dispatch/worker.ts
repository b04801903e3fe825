/** What consumers/outbound does with the outbound stream. */
import { steadyClock } from '../../../lib/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import type { StreamRedis } from '../../../platform/redis.ts';
import { ackAndDelete, type AckedIds, type StreamEntry } from '../../../platform/stream.ts';
import { decodeNudge, OUTBOUND_GROUP, OUTBOUND_STREAM, type Nudge } from './queue.ts';
import { Scheduler } from './scheduler.ts';
import { SignalSender, type Signal, type SignalDeps } from './signals.ts';
import { createStep, type StepDeps } from './step.ts';

/** `redis`: of purpose `producer`, on the Redis for streams. `slots` default 32. */
export interface OutboundWorkerDeps extends Omit<StepDeps, 'signals'>, SignalDeps {
  readonly metrics: Metrics;
  readonly redis: StreamRedis;
  readonly slots?: number;
}

/** A running sender. `handler` is for runStreamWorker. */
export interface OutboundWorker {
  readonly handler: (entries: readonly StreamEntry[]) => Promise<AckedIds>;
  /** Takes nothing more; finishes and records the current calls. */
  stop(): Promise<void>;
}

const DEFAULT_SLOTS = 32;

/**
 * The handler only hands nudges over and returns at once, so that a slow number does not hold up the others. A nudge is
 * acknowledged when its thread has nothing left to do. A nudge that is lost, repeated or given to two workers changes
 * nothing: the claim decides.
 */
export function createOutboundWorker(deps: OutboundWorkerDeps): OutboundWorker {
  const signals = new SignalSender(deps);
  const scheduler = new Scheduler({
    slots: deps.slots ?? DEFAULT_SLOTS,
    step: createStep({ ...deps, signals }),
    clock: steadyClock,
    log: deps.log,
  });
  const acks = new AckQueue(deps);
  return {
    handler: async (entries) => {
      for (const entry of entries) {
        const nudge = decodeNudge(entry);
        if (nudge === null)
          deps.log.error({ stream: OUTBOUND_STREAM }, 'An entry of the outbound stream is not a job.');
        else if (isSignal(nudge)) signals.offer(nudge);
        else {
          scheduler.add(nudge.job, nudge.job.priority ?? 'agent', () => {
            acks.add(entry);
          });
          continue;
        }
        acks.add(entry);
      }
      return new Map();
    },
    stop: async () => {
      await Promise.all([scheduler.stop(), signals.stop()]);
      await acks.flush();
    },
  };
}

function isSignal(nudge: Nudge): nudge is Nudge & Signal {
  return nudge.job.task !== 'send';
}

/** Acknowledges together what finished in one turn of the event loop. */
class AckQueue {
  readonly #deps: Pick<OutboundWorkerDeps, 'redis' | 'metrics'> & { readonly log: Logger };
  #waiting = new Map<string, string[]>();
  #scheduled = false;

  constructor(deps: Pick<OutboundWorkerDeps, 'redis' | 'metrics'> & { readonly log: Logger }) {
    this.#deps = deps;
  }

  add({ key, id }: Pick<StreamEntry, 'key' | 'id'>): void {
    const ids = this.#waiting.get(key);
    if (ids === undefined) this.#waiting.set(key, [id]);
    else ids.push(id);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      void this.flush();
    });
  }

  /** Never rejects: what is not acknowledged is delivered again and finds nothing to do. */
  async flush(): Promise<void> {
    const ids = this.#waiting;
    this.#waiting = new Map();
    this.#scheduled = false;
    if (ids.size === 0) return;
    try {
      await ackAndDelete(this.#deps.redis, OUTBOUND_GROUP, ids);
      const count = [...ids.values()].reduce((sum, each) => sum + each.length, 0);
      this.#deps.metrics.queueCompleted.inc({ stream: OUTBOUND_STREAM }, count);
    } catch (error) {
      this.#deps.log.debug({ err: error, stream: OUTBOUND_STREAM }, 'Nudges could not be acknowledged.');
    }
  }
}
