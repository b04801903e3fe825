/** The books of commands: when each was meant to be sent, when and how it was answered. */

/** So long is waited for the answers that are left. */
const SETTLE_MS = 30_000;

export class CommandBook {
  /** @type {number[]} */
  #intendedAt = [];
  /** @type {number[]} */
  #answeredAt = [];
  #acked = 0;
  #measured = { from: 0, to: 0, fromMs: 0, toMs: 0 };
  done = 0;
  onDone = () => {};

  /**
   * @param {number} n
   * @param {number} atMs
   */
  intended(n, atMs) {
    this.#intendedAt[n] = atMs;
  }

  /**
   * @param {number} n
   * @param {boolean} ok
   * @param {number} nowMs
   */
  answered(n, ok, nowMs) {
    if (ok) {
      this.#answeredAt[n] = nowMs;
      this.#acked += 1;
    }
    this.done += 1;
    this.onDone();
  }

  /**
   * @param {number} n
   * @param {number} nowMs
   */
  measureFrom(n, nowMs) {
    this.#measured.from = n;
    this.#measured.fromMs = nowMs;
  }

  /**
   * @param {number} n
   * @param {number} nowMs
   */
  measureTo(n, nowMs) {
    this.#measured.to = n;
    this.#measured.toMs = nowMs;
  }

  async settled() {
    const endMs = performance.now() + SETTLE_MS;
    while (this.done < this.#intendedAt.length && performance.now() < endMs) {
      await new Promise((done) => setTimeout(done, 5));
    }
  }

  /** @returns {Omit<import('./crowd-handle.mjs').Asked, 'lateMs' | 'frames'>} */
  result() {
    const { from, to, fromMs, toMs } = this.#measured;
    const latencies = [];
    for (let n = from; n < to; n += 1) {
      const answered = this.#answeredAt[n];
      if (answered !== undefined) latencies.push(answered - (this.#intendedAt[n] ?? 0));
    }
    return {
      latencies,
      ackedInside: this.#answeredAt.filter((at) => at >= fromMs && at < toMs).length,
      measuredMs: toMs - fromMs,
      asked: this.#intendedAt.length,
      acked: this.#acked,
    };
  }
}
