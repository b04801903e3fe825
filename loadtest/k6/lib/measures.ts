/** What is measured, and what makes a run fail. */
import { Counter, Trend } from 'k6/metrics';

/** From a webhook's posting to its message in an agent's event stream, ms. */
export const glass = new Trend('hunfly_glass_ms', true);
/** From a command to its ack, ms. */
export const ack = new Trend('hunfly_ack_ms', true);
/** From connecting to live, replay included, ms. */
export const ready = new Trend('hunfly_ready_ms', true);
/** Messages that were answered 200 and not seen in time. */
export const lost = new Counter('hunfly_lost');
/** Messages seen more than once. */
export const doubled = new Counter('hunfly_doubled');
/** Event frames that did not continue where the last one ended. */
export const gaps = new Counter('hunfly_gaps');
/** Clients that were told to start over. */
export const resyncs = new Counter('hunfly_resyncs');
/** Commands that were refused, connections that failed. */
export const refused = new Counter('hunfly_refused');

/** Correctness, whatever the load; a script adds its speeds. */
export const CORRECT = {
  checks: ['rate==1'],
  hunfly_lost: ['count==0'],
  hunfly_doubled: ['count==0'],
  hunfly_gaps: ['count==0'],
  hunfly_resyncs: ['count==0'],
  hunfly_refused: ['count==0'],
};
