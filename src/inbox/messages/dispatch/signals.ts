/**
 * Sends "read" and "typing" to customers: the latest per thread. May be lost, except receipts that are owed
 * (receipts.ts).
 */
import type { Address } from '../../../contract/entities.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import type { Database, Sql } from '../../../platform/postgres.ts';
import { isRepeatable, type HttpPost, type SendOutcome } from '../../../providers/sending.ts';
import type { AccountBook, SendingAccount } from './accounts.ts';
import type { Breakers } from './breaker.ts';
import type { Nudge } from './queue.ts';
import { settleReceipt } from './receipts.ts';

/** What sending signals depends on. */
export interface SignalDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly metrics: Pick<Metrics, 'providerRequests' | 'providerRequestDuration'>;
  readonly accounts: AccountBook;
  readonly breakers: Breakers;
  readonly post: HttpPost;
}

/** `writtenMs`: when it was requested, by the wall clock. */
export type Signal = Pick<Nudge, 'writtenMs'> & { readonly job: Nudge['job'] & { readonly task: 'read' | 'typing' } };

/** A signal older than this is dropped, ms. */
const MAX_AGE_MS = { typing: 10_000, read: 10 * 60_000 } as const;
const MAX_WAITING = 2000;
const AT_ONCE = 8;

/** Bounded and lossy: the newest signal of a thread replaces an older one, and what does not fit is dropped. */
export class SignalSender {
  readonly #deps: SignalDeps;
  readonly #waiting = new Map<string, Signal>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(deps: SignalDeps) {
    this.#deps = deps;
  }

  /** Takes it or drops it; never throws. */
  offer(signal: Signal): void {
    if (this.#stopped || this.#isOld(signal)) return;
    const key = `${signal.job.threadId}:${signal.job.task}`;
    if (this.#waiting.size >= MAX_WAITING && !this.#waiting.has(key)) return;
    this.#waiting.set(key, signal);
    this.#pump();
  }

  /** Drops waiting signals and resolves when the current calls have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#waiting.clear();
    await Promise.all(this.#running);
  }

  #isOld({ job, writtenMs }: Signal): boolean {
    return this.#deps.clock.nowMs() - writtenMs > MAX_AGE_MS[job.task];
  }

  #pump(): void {
    for (const [key, signal] of this.#waiting) {
      if (this.#running.size >= AT_ONCE) return;
      this.#waiting.delete(key);
      const work: Promise<void> = this.#deliver(signal)
        .catch((error: unknown) => {
          this.#deps.log.debug({ err: error, threadId: signal.job.threadId }, 'A signal was not sent.');
        })
        .finally(() => {
          this.#running.delete(work);
          this.#pump();
        });
      this.#running.add(work);
    }
  }

  /** A read receipt gets a second try if the carrier certainly did not take the first; typing would be over by then. */
  async #deliver(signal: Signal): Promise<void> {
    const { tenantId, accountId, threadId } = signal.job;
    if (this.#isOld(signal) || this.#deps.breakers.of(accountId).tripped) return;
    const account = await this.#deps.accounts.find(tenantId, accountId);
    if (account === null || account.problem !== null) return;
    const to = await this.#deps.db.run('dispatch.reply_address', (sql) => findReplyAddress(sql, tenantId, threadId));
    if (to === null) return;
    let outcome = await this.#call(account, signal, to);
    if (isWorthRepeating(signal, outcome) && !this.#stopped) outcome = await this.#call(account, signal, to);
    if (signal.job.owed === true && isFinal(outcome))
      await this.#deps.db.run('dispatch.settle_receipt', (sql) => settleReceipt(sql, signal.job));
  }

  async #call(account: SendingAccount, { job }: Signal, to: Address): Promise<SendOutcome | null> {
    const startedMs = performance.now();
    const outcome = await this.#request(account, job, to);
    if (outcome === null) return null;
    const provider = account.provider.name;
    this.#deps.metrics.providerRequests.inc({ provider, outcome: outcome.kind });
    this.#deps.metrics.providerRequestDuration.observe({ provider }, (performance.now() - startedMs) / 1000);
    return outcome;
  }

  /** Null if the carrier has no such signal. */
  async #request(account: SendingAccount, job: Signal['job'], to: Address): Promise<SendOutcome | null> {
    const { provider, credentials } = account;
    const providerMessageId = job.providerMessageId ?? null;
    if (job.task === 'typing') {
      if (!provider.capabilities.typing || wouldTellRead(account)) return null;
      return await provider.typing(this.#deps.post, credentials, { to, providerMessageId });
    }
    if (!provider.capabilities.readReceipts || providerMessageId === null) return null;
    return await provider.markRead(this.#deps.post, credentials, { to, providerMessageId });
  }
}

function isWorthRepeating({ job }: Signal, outcome: SendOutcome | null): boolean {
  return job.task === 'read' && outcome?.kind === 'refused' && outcome.failure.action === 'retry';
}

/** Accepted, or refused for good. Null: the carrier has no such signal. */
function isFinal(outcome: SendOutcome | null): boolean {
  if (outcome?.kind === 'refused') return !isRepeatable(outcome.failure) && outcome.failure.action !== 'account';
  return outcome?.kind !== 'unknown';
}

/** True where typing would also report "read" for a number that must never do so. */
function wouldTellRead({ provider, readReceipts }: SendingAccount): boolean {
  return provider.typingMarksRead && readReceipts === 'never';
}

/** The address from which the customer last wrote. Index: threads primary key. */
async function findReplyAddress(sql: Sql, tenantId: string, threadId: string): Promise<Address | null> {
  const [row] = await sql<Address[]>`
    select reply_type as type, reply_value as value from threads where tenant_id = ${tenantId} and id = ${threadId}`;
  return row ?? null;
}
