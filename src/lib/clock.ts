/** The one place that reads the machine's clock; everything else receives a Clock. */

/** Time source. `nowMs` is milliseconds since 1970 UTC. */
export interface Clock {
  nowMs(): number;
  now(): Date;
}

/** Only for durations within this process: nothing ever sets it. */
export const steadyClock: Clock = {
  nowMs: () => performance.now(),
  now: () => new Date(performance.timeOrigin + performance.now()),
};

/** The machine's wall clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  now: () => new Date(),
};
