/** Stops calling an account whose carrier is down, so that its messages wait in the queue instead of failing. */

const WINDOW_MS = 5 * 60_000;
const SLICE_MS = 10_000;
const MIN_REQUESTS = 10;
const TRIP_SHARE = 0.6;
const OPEN_MS = 30_000;

interface Slice {
  readonly startMs: number;
  requests: number;
  failures: number;
}

/**
 * One account's breaker: counts the last 5 minutes; from 10 requests on, 60 % infrastructure failures open it for 30 s,
 * then one call may probe. Times come from the caller, in ms of one clock.
 */
export class Breaker {
  #slices: Slice[] = [];
  #openUntilMs = 0;
  #state: 'closed' | 'open' | 'probing' = 'closed';

  /** 0: call now, and call `leave` afterwards in any case. Otherwise ms to wait before asking again. */
  enter(nowMs: number): number {
    if (this.#state === 'closed') return 0;
    if (nowMs < this.#openUntilMs) return this.#openUntilMs - nowMs;
    // While one caller probes, the others wait. In case the probe never reports, another may begin after a further
    // period.
    this.#state = 'probing';
    this.#openUntilMs = nowMs + OPEN_MS;
    return 0;
  }

  /** `none`: in the end no call was made. */
  leave(result: 'ok' | 'failed' | 'none', nowMs: number): void {
    if (this.#state === 'probing') {
      this.#settleProbe(result, nowMs);
      return;
    }
    if (result === 'none') return;
    this.#count(result, nowMs);
    if (this.#state === 'closed' && this.#shouldTrip()) this.#open(nowMs);
  }

  /** True while calls are held back. */
  get tripped(): boolean {
    return this.#state !== 'closed';
  }

  #settleProbe(result: 'ok' | 'failed' | 'none', nowMs: number): void {
    if (result === 'failed') this.#open(nowMs);
    else if (result === 'none') {
      this.#state = 'open';
      this.#openUntilMs = nowMs;
    } else {
      this.#state = 'closed';
      this.#slices = [];
    }
  }

  #open(nowMs: number): void {
    this.#state = 'open';
    this.#openUntilMs = nowMs + OPEN_MS;
  }

  #count(result: 'ok' | 'failed', nowMs: number): void {
    this.#slices = this.#slices.filter((slice) => slice.startMs > nowMs - WINDOW_MS);
    let slice = this.#slices.at(-1);
    if (slice === undefined || nowMs - slice.startMs >= SLICE_MS) {
      slice = { startMs: nowMs, requests: 0, failures: 0 };
      this.#slices.push(slice);
    }
    slice.requests += 1;
    if (result === 'failed') slice.failures += 1;
  }

  #shouldTrip(): boolean {
    const requests = this.#slices.reduce((sum, slice) => sum + slice.requests, 0);
    const failures = this.#slices.reduce((sum, slice) => sum + slice.failures, 0);
    return requests >= MIN_REQUESTS && failures / requests >= TRIP_SHARE;
  }
}

const MAX_BREAKERS = 10_000;

/** Breakers by account, created when first needed. */
export class Breakers {
  readonly #byAccount = new Map<string, Breaker>();

  of(accountId: string): Breaker {
    const known = this.#byAccount.get(accountId);
    if (known !== undefined) return known;
    // Forgetting a breaker only means that its account has to fail again before it is held back.
    if (this.#byAccount.size >= MAX_BREAKERS) this.#byAccount.clear();
    const breaker = new Breaker();
    this.#byAccount.set(accountId, breaker);
    return breaker;
  }
}
