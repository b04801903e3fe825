/** What was sent, what was accepted, what was seen on a screen and when: the driver's own books. */

/** So long nothing new was seen: what is missing is lost. */
const STILL_MS = 8_000;
/** So long is waited for copies after everything was seen. */
const LINGER_MS = 150;

/** @typedef {{ wamid: string, thread: string }} Shown A message on a screen and the thread it stands in. */

export class Ledger {
  #traffic;
  /** @type {number[]} */
  #intendedAt = [];
  /** @type {number[]} */
  #seenAt = [];
  /** @type {number[]} */
  #answeredAt = [];
  /** @type {number[]} */
  #status = [];
  /** @type {Map<string, string>} */
  #threads = new Map();
  #copies = 0;
  #strangers = 0;
  #measured = { from: 0, to: 0, fromMs: 0, toMs: 0 };
  /** Webhooks that were seen, or refused: nothing more is to be expected of them. */
  done = 0;
  onDone = () => {};

  /** @param {import('./traffic.mjs').Traffic} traffic */
  constructor(traffic) {
    this.#traffic = traffic;
  }

  /**
   * @param {number} n
   * @param {number} atMs
   */
  intended(n, atMs) {
    this.#intendedAt[n] = atMs;
  }

  /**
   * @param {number} n
   * @param {number} status of HTTP; 0 when the connection broke
   */
  answered(n, status) {
    this.#status[n] = status;
    this.#answeredAt[n] = performance.now();
    if (status !== 200) this.#finish();
  }

  /**
   * @param {Shown[]} messages as one screen was shown them
   * @param {number} nowMs
   */
  seen(messages, nowMs) {
    for (const { wamid, thread } of messages) {
      const n = this.#traffic.indexOf(wamid);
      if (n < 0) this.#strangers += 1;
      else if (this.#seenAt[n] !== undefined) this.#copies += 1;
      else {
        this.#seenAt[n] = nowMs;
        this.#threads.set(this.#traffic.keyOf(n), thread);
        this.#finish();
      }
    }
  }

  #finish() {
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

  /**
   * @param {number} timeoutMs
   * @returns {Promise<number>} ms until everything that was sent is done, or nothing moves any more
   */
  async settled(timeoutMs) {
    const startMs = performance.now();
    const total = this.#intendedAt.length;
    let doneBefore = -1;
    let changedMs = startMs;
    while (this.done < total && performance.now() - startMs < timeoutMs) {
      if (this.done !== doneBefore) [doneBefore, changedMs] = [this.done, performance.now()];
      if (performance.now() - changedMs > STILL_MS) break;
      await new Promise((done) => setTimeout(done, 5));
    }
    await new Promise((done) => setTimeout(done, LINGER_MS));
    return performance.now() - startMs - LINGER_MS;
  }

  /** @returns {Omit<import('./driver.mjs').Result, 'lateMs' | 'drainedMs'>} */
  result() {
    const { from, to, fromMs, toMs } = this.#measured;
    const counted = Array.from({ length: to - from }, (_, index) => from + index).filter(
      (n) => !this.#traffic.isNoise(n),
    );
    const since = (/** @type {number[]} */ times) =>
      counted.map((n) => Math.round(((times[n] ?? Number.NaN) - (this.#intendedAt[n] ?? 0)) * 1000) / 1000);
    return {
      intendedAt: counted.map((n) => performance.timeOrigin + (this.#intendedAt[n] ?? 0)),
      latencies: since(this.#seenAt),
      answers: since(this.#answeredAt),
      seenInside: this.#seenAt.filter((at) => at >= fromMs && at < toMs).length,
      measuredMs: toMs - fromMs,
      sent: this.#intendedAt.length,
      refused: this.#status.filter((status) => status !== 200).length,
      unseen: this.#intendedAt.filter((_, n) => this.#status[n] === 200 && this.#seenAt[n] === undefined).length,
      copies: this.#copies,
      strangers: this.#strangers,
      accepted: this.#accepted(),
      threads: [...this.#threads],
    };
  }

  /** @returns {[string, string[]][]} by conversation, in the order of sending */
  #accepted() {
    /** @type {Map<string, string[]>} */
    const byConversation = new Map();
    for (let n = 0; n < this.#intendedAt.length; n += 1) {
      if (this.#status[n] !== 200) continue;
      const key = this.#traffic.keyOf(n);
      const list = byConversation.get(key);
      if (list) list.push(this.#traffic.wamid(n));
      else byConversation.set(key, [this.#traffic.wamid(n)]);
    }
    return [...byConversation];
  }
}
