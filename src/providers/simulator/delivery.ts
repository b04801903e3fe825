/** Posts webhooks like a carrier: many at once, in no guaranteed order, retried until they are taken or given up. */
import type { HttpClient } from '../../platform/http-client.ts';
import type { Carrier, Hook } from './carrier.ts';
import type { Misbehaviour } from './misbehaviour.ts';

/** How a webhook ended. `dropped`: too many were waiting already, or the controls told us to lose it. */
export type Delivered = 'taken' | 'given-up' | 'dropped';

interface Job {
  readonly hook: Hook;
  readonly carrier: Carrier;
  readonly done: (end: Delivered) => void;
  attempt: number;
}

/** What a delivery depends on. */
export interface DeliveryOptions {
  readonly http: HttpClient;
  readonly gatewayUrl: string;
  readonly misbehaviour: Misbehaviour;
  /** Runs something later. Whatever is still waiting when the simulator stops is forgotten. */
  readonly later: (ms: number, run: () => void) => void;
}

const MAX_WAITING = 20_000;
const MAX_IN_FLIGHT = 48;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
const DELAY_MS = 3000;
const REORDER_WINDOW_MS = 250;

/** The queue of webhooks that are not delivered yet. */
export class Delivery {
  readonly #options: DeliveryOptions;
  #waiting: Job[] = [];
  #held: Job[] = [];
  #inFlight = 0;
  #open = 0;
  readonly counts = { taken: 0, repeated: 0, givenUp: 0, dropped: 0 };

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Webhooks not yet taken or given up. */
  get open(): number {
    return this.#open;
  }

  /** Posts a webhook; resolves when it was taken, given up or dropped. */
  async post(channel: string, carrier: Carrier, hook: Hook): Promise<Delivered> {
    if (this.#open >= MAX_WAITING) {
      this.counts.dropped++;
      return 'dropped';
    }
    const mode = this.#options.misbehaviour.forHook(channel);
    if (mode === 'lose') {
      this.counts.dropped++;
      return 'dropped';
    }
    if (mode === 'duplicates')
      void this.#start(carrier, hook, (job) => {
        this.#queue(job);
      });
    return this.#start(carrier, hook, (job) => {
      if (mode === 'delay')
        this.#options.later(DELAY_MS, () => {
          this.#queue(job);
        });
      else if (mode === 'reorder') this.#hold(job);
      else this.#queue(job);
    });
  }

  async #start(carrier: Carrier, hook: Hook, place: (job: Job) => void): Promise<Delivered> {
    this.#open++;
    return new Promise((resolve) => {
      const done = (end: Delivered): void => {
        this.#open--;
        resolve(end);
      };
      place({ hook, carrier, done, attempt: 0 });
    });
  }

  /** Collects the webhooks of a time window, then sends them in reverse order, one after the other. */
  #hold(job: Job): void {
    this.#held.push(job);
    if (this.#held.length > 1) return;
    this.#options.later(REORDER_WINDOW_MS, () => {
      const held = this.#held.reverse();
      this.#held = [];
      void held.reduce(async (before, one) => {
        await before;
        await this.#attempt(one);
      }, Promise.resolve());
    });
  }

  #queue(job: Job): void {
    this.#waiting.push(job);
    this.#pump();
  }

  #pump(): void {
    while (this.#inFlight < MAX_IN_FLIGHT) {
      const job = this.#waiting.shift();
      if (job === undefined) return;
      this.#inFlight++;
      void this.#attempt(job).finally(() => {
        this.#inFlight--;
        this.#pump();
      });
    }
  }

  async #attempt(job: Job): Promise<void> {
    const { path, body, sign } = job.hook;
    const url = this.#options.gatewayUrl + path;
    const headers = { ...job.hook.headers, ...sign?.(url) };
    const answer = await this.#options.http.post({ url, body, headers });
    job.attempt++;
    if (job.carrier.repeats(answer.ok ? answer.status : null, job.attempt)) {
      this.counts.repeated++;
      const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (job.attempt - 1));
      this.#options.later(waitMs, () => {
        this.#queue(job);
      });
      return;
    }
    const taken = answer.ok && answer.status >= 200 && answer.status < 300;
    this.counts[taken ? 'taken' : 'givenUp']++;
    job.done(taken ? 'taken' : 'given-up');
  }
}
