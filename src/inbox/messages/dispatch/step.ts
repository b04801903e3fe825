/** One step of a thread: claim its next message, hand it to the carrier, record how that ended. */
import type { Priority } from '../../../contract/send-input.ts';
import type { Clock } from '../../../lib/clock.ts';
import { backoffMs, pause } from '../../../lib/backoff.ts';
import { tenantLabel, type Metrics } from '../../../platform/metrics.ts';
import { classifyDatabaseError, type Database } from '../../../platform/postgres.ts';
import type { SendFailure, SendOutcome } from '../../../providers/sending.ts';
import { publishHints, type HintPublisher } from '../../hints.ts';
import { tellStates } from '../../accounts/state.ts';
import { verdictOf } from '../../accounts/verdict.ts';
import type { AccountBook, SendingAccount } from './accounts.ts';
import { rememberAddresses } from './addresses.ts';
import { attemptSend, type AttemptDeps } from './attempt.ts';
import type { Breakers } from './breaker.ts';
import { claimMessage } from './claim.ts';
import type { Pace } from './pace.ts';
import { decide, MAX_ATTEMPTS } from './policy.ts';
import { claimReaction, recordReactionRefused, recordReactionSent } from './reactions.ts';
import type { SignalSender } from './signals.ts';
import { recordAccepted, recordRefused, recordUnknown } from './record.ts';
import type { Attempt, Claim, Recorded, ThreadRef, Verdict } from './types.ts';

/** What a step depends on. */
export interface StepDeps extends AttemptDeps {
  readonly clock: Clock;
  readonly metrics: AttemptDeps['metrics'] & Pick<Metrics, 'messagesSent'>;
  readonly hints: HintPublisher;
  readonly accounts: AccountBook;
  readonly pace: Pace;
  readonly breakers: Breakers;
  readonly signals: Pick<SignalSender, 'offer'>;
}

/**
 * `more`: come back at once. `idle`: nothing left. `wait`: come back after so many ms, for the thread or the whole
 * account.
 */
export type StepResult =
  | { readonly kind: 'more'; readonly priority: Priority }
  | { readonly kind: 'idle' }
  | { readonly kind: 'wait'; readonly scope: 'account' | 'thread'; readonly waitMs: number };

const RECORD_BACKOFF = { baseMs: 50, capMs: 2000 };
const IDLE: StepResult = { kind: 'idle' };

/**
 * Creates the step. It rejects for infrastructure errors before the carrier was called; afterwards it keeps trying to
 * record.
 */
export function createStep(deps: StepDeps): (thread: ThreadRef, priority: Priority) => Promise<StepResult> {
  return async (thread, priority) => {
    const account = await deps.accounts.find(thread.tenantId, thread.accountId);
    if (account === null) {
      deps.log.error({ accountId: thread.accountId }, 'A thread belongs to an account that cannot send.');
      return IDLE;
    }
    const breaker = deps.breakers.of(thread.accountId);
    const heldMs = breaker.enter(performance.now());
    if (heldMs > 0) return { kind: 'wait', scope: 'account', waitMs: heldMs };
    let result: 'ok' | 'failed' | 'none' = 'none';
    try {
      const target = { ...thread, priority, provider: account.provider.name, coexistence: account.coexistence };
      const paced = await deps.pace.take(target);
      if (paced.waitMs > 0) return { kind: 'wait', ...paced };
      const askedMs = performance.now();
      const claim = await claimNext(deps.db, thread);
      if (claim.kind !== 'claimed') {
        deps.pace.giveBack(target);
        return afterNothing(claim);
      }
      publishHints(deps.hints, claim.logged);
      const outcome = await attemptSend(deps, { account, attempt: claim.attempt, askedMs });
      result = breakerResult(account, outcome);
      return await settle(deps, { account, attempt: claim.attempt, outcome });
    } finally {
      breaker.leave(result, performance.now());
    }
  };
}

/** Messages first. Reactions have no place in the thread's order but share the pace. */
async function claimNext(db: Database, thread: ThreadRef): Promise<Claim> {
  const message = await claimMessage(db, thread);
  if (message.kind === 'claimed') return message;
  const reaction = await claimReaction(db, thread);
  if (reaction.kind === 'claimed') return reaction;
  return sooner(message, reaction);
}

function sooner(one: Claim, other: Claim): Claim {
  const dueIn = (claim: Claim): number => (claim.kind === 'none' ? (claim.dueInMs ?? Infinity) : Infinity);
  const dueInMs = Math.min(dueIn(one), dueIn(other));
  return { kind: 'none', dueInMs: Number.isFinite(dueInMs) ? dueInMs : null };
}

/** It became due after the claim looked and is still there: somebody else is working on the queue and will continue. */
function afterNothing(claim: Exclude<Claim, { kind: 'claimed' }>): StepResult {
  if (claim.kind === 'busy' || claim.dueInMs === null || claim.dueInMs === 0) return IDLE;
  return { kind: 'wait', scope: 'thread', waitMs: claim.dueInMs };
}

/** Infrastructure failures only: a refusal that names a reason or a time proves that the carrier works. */
function breakerResult(account: SendingAccount, outcome: SendOutcome): 'ok' | 'failed' | 'none' {
  if (account.problem !== null) return 'none';
  if (outcome.kind === 'unknown') return 'failed';
  if (outcome.kind === 'accepted') return 'ok';
  const { action, retryAfterMs } = outcome.failure;
  return (action === 'retry' || action === 'slow') && retryAfterMs === null ? 'failed' : 'ok';
}

interface Ended {
  readonly account: SendingAccount;
  readonly attempt: Attempt;
  readonly outcome: SendOutcome;
}

async function settle(deps: StepDeps, ended: Ended): Promise<StepResult> {
  const { attempt, outcome, account } = ended;
  if (outcome.kind === 'refused') return await settleRefused(deps, ended, outcome.failure);
  const recorded = await untilRecorded(deps, attempt, () => record(deps, ended, outcome));
  const goOn = afterwards(recorded);
  publishHints(deps.hints, recorded.logged);
  if (outcome.kind === 'unknown') {
    deps.log.warn({ messageId: attempt.id, accountId: attempt.accountId }, 'Whether a message was sent is unknown.');
    return goOn;
  }
  if (attempt.subject === 'message') {
    deps.metrics.messagesSent.inc({ tenant: tenantLabel(attempt.tenantId), provider: account.provider.name });
    await rememberAddresses(deps, attempt, outcome.addresses);
  }
  return goOn;
}

function afterwards({ next }: Recorded): StepResult {
  return next === null ? IDLE : { kind: 'more', priority: next };
}

async function record(
  deps: StepDeps,
  { account, attempt }: Ended,
  outcome: Exclude<SendOutcome, { kind: 'refused' }>,
): Promise<Recorded> {
  if (attempt.subject === 'reaction') {
    return await recordReactionSent(deps.db, attempt, outcome.kind);
  }
  if (outcome.kind === 'unknown') return await recordUnknown(deps.db, attempt);
  const owesReceipt = account.readReceipts === 'on_reply' && account.provider.capabilities.readReceipts;
  const recorded = await recordAccepted(deps.db, attempt, outcome.providerMessageId, { owesReceipt });
  const { receipt } = recorded;
  if (receipt !== null) deps.signals.offer({ job: receipt, writtenMs: deps.clock.nowMs() });
  if (recorded.echo) deps.log.warn({ messageId: attempt.id }, 'A copy of a sent message was merged into it.');
  return recorded;
}

async function settleRefused(deps: StepDeps, ended: Ended, failure: SendFailure): Promise<StepResult> {
  const { attempt } = ended;
  const { code, action } = failure;
  const verdict = await judge(deps, ended, failure);
  const recorded = await untilRecorded(deps, attempt, () =>
    attempt.subject === 'reaction'
      ? recordReactionRefused(deps.db, attempt, verdict)
      : recordRefused(deps.db, attempt, verdict),
  );
  publishHints(deps.hints, recorded.logged);
  const ids = { messageId: attempt.id, accountId: attempt.accountId };
  const { operator: advice } = failure;
  deps.log.info({ ...ids, code, action, advice, attempt: attempt.attempt }, 'A send was refused.');
  if (action === 'slow') deps.pace.slowDown(attempt.accountId);
  await tellNumber(deps, ended, failure);
  if (verdict.to === 'failed') return afterwards(recorded);
  if (verdict.restMs > 0) {
    deps.pace.rest(attempt.accountId, verdict.restMs);
    return { kind: 'wait', scope: 'account', waitMs: verdict.restMs };
  }
  return { kind: 'wait', scope: 'thread', waitMs: Math.max(1, verdict.delayMs) };
}

/**
 * The policy's verdict. Before an account is stopped, checks that the refused token is still the stored one: a new one
 * gets its try at once.
 */
async function judge(deps: StepDeps, { attempt, account }: Ended, failure: SendFailure): Promise<Verdict> {
  const elapsedMs = Math.max(0, deps.clock.nowMs() - attempt.sinceMs);
  const verdict = decide(failure, { attempt: attempt.attempt, elapsedMs });
  if (verdict.to === 'queued' || !verdict.stopAccount) return verdict;
  deps.accounts.forget(attempt.accountId);
  const current = await untilRecorded(deps, attempt, () => deps.accounts.find(attempt.tenantId, attempt.accountId));
  if (current === null || current.credentialAt === account.credentialAt || attempt.attempt >= MAX_ATTEMPTS)
    return verdict;
  return { to: 'queued', delayMs: 0, counts: true, restMs: 0, error: verdict.error };
}

/**
 * Shows everybody what a refusal says about the number, unless that is known. A check can see a missing setting, so it
 * may lift that state.
 */
async function tellNumber(deps: StepDeps, { attempt, account }: Ended, failure: SendFailure): Promise<void> {
  const verdict = verdictOf(failure);
  if (verdict === null) return;
  const { tenantId, accountId } = attempt;
  const told = { tenantId, accountId, verdict, hold: account.problem === null, usedAt: account.credentialAt };
  const logged = await untilRecorded(deps, attempt, () =>
    deps.db.transaction('dispatch.tell_number', (tx) => tellStates(tx, [told])),
  );
  if (logged.length === 0) return;
  publishHints(deps.hints, logged);
  const { code, operator: advice } = failure;
  deps.log.error({ accountId, code, advice, provider: account.provider.name }, 'A number needs an administrator.');
}

/**
 * Nothing may be forgotten after the call: retries through an outage of the database, for twice the lease. Then the
 * sweeper's verdict `unknown` stands, as it does after any other error.
 */
async function untilRecorded<T>(deps: StepDeps, attempt: Attempt, write: () => Promise<T>): Promise<T> {
  const endMs = performance.now() + 2 * deps.leaseMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (performance.now() >= endMs || !isPassing(error)) throw error;
      deps.log.warn({ err: error, messageId: attempt.id, attempt: tries }, 'Recording a send failed; trying again.');
      await pause(backoffMs(tries, RECORD_BACKOFF) + 10);
    }
  }
}

function isPassing(error: unknown): boolean {
  const kind = classifyDatabaseError(error);
  return kind === 'infrastructure' || kind === 'retry';
}
