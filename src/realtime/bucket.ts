/** A token bucket: limits how much one connection may ask for. */

/** `perSecond` on average, `burst` at once. */
export interface BucketLimits {
  readonly perSecond: number;
  readonly burst: number;
}

/** `take` answers 0 when allowed, else how long to wait, ms. Starts full. */
export class Bucket {
  readonly #limits: BucketLimits;
  #tokens: number;
  #atMs: number;

  constructor(limits: BucketLimits, nowMs: number) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#atMs = nowMs;
  }

  take(nowMs: number): number {
    const { perSecond, burst } = this.#limits;
    const gained = (Math.max(0, nowMs - this.#atMs) * perSecond) / 1000;
    this.#tokens = Math.min(burst, this.#tokens + gained);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * 1000) / perSecond);
    this.#tokens -= 1;
    return 0;
  }
}
