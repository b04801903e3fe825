/** Records how an attempt ended: one transaction each, which changes nothing if another attempt has taken over. */
import type { Database, Tx } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import { closeWindows } from '../../threads/close-window.ts';
import { absorbEcho, findEcho, type Echo } from './echo.ts';
import { applyParked } from './parked.ts';
import { lockThread, nextPriority, publishMessages, type MessageKey } from './publish.ts';
import { oweReceipt, type OwedReceipt } from './receipts.ts';
import type { Attempt, Recorded, SendError, Verdict } from './types.ts';

/** The attempt was taken over. The one that did continues; looking again is harmless. */
const NOTHING: Recorded = { applied: false, next: 'agent', logged: [] };
/** Includes waiting for a connection; the caller retries after infrastructure errors. */
const DEADLINE = { deadlineMs: 10_000 };

/** `echo`: there was a copy. `receipt`: the receipt that is owed now; null: none. */
export interface Accepted extends Recorded {
  readonly echo: boolean;
  readonly receipt: OwedReceipt | null;
}

/**
 * The carrier has the message, under this id. Also settles an attempt that the sweeper has marked unknown meanwhile,
 * but not one that was started again. Items that arrived for this id before us (statuses, reactions, quotes) are
 * applied now; a copy of the message that came as an echo is absorbed, so that one row remains. `owesReceipt`: the
 * customer must be told that what it answers was read.
 */
export async function recordAccepted(
  db: Database,
  attempt: Attempt,
  providerMessageId: string,
  { owesReceipt = false }: { readonly owesReceipt?: boolean } = {},
): Promise<Accepted> {
  return await db.transaction(
    'dispatch.accepted',
    async (tx) => {
      await lockProviderId(tx, attempt.accountId, providerMessageId);
      const echo = await findEcho(tx, attempt, providerMessageId);
      await lockThreads(tx, attempt.tenantId, [attempt.threadId, ...(echo === null ? [] : [echo.threadId])]);
      if (!(await isOurs(tx, attempt))) return { ...NOTHING, echo: false, receipt: null };
      const quoting = echo === null ? [] : await absorbEcho(tx, attempt, echo);
      await storeAccepted(tx, attempt, providerMessageId);
      const next = await nextPriority(tx, attempt);
      const receipt = owesReceipt ? await oweReceipt(tx, attempt) : null;
      const logged = await publishJoined(tx, attempt, { quoting, echo });
      return { applied: true, next, logged, echo: echo !== null, receipt };
    },
    DEADLINE,
  );
}

/** The carrier certainly does not have it: back to the head of the queue, or failed; the window may be closed too. */
export async function recordRefused(db: Database, attempt: Attempt, verdict: Verdict): Promise<Recorded> {
  return await db.transaction(
    'dispatch.refused',
    async (tx) => {
      await lockThread(tx, attempt);
      const applied =
        verdict.to === 'queued' ? await requeue(tx, attempt, verdict) : await fail(tx, attempt, verdict.error);
      if (!applied) return NOTHING;
      const next = await nextPriority(tx, attempt);
      const raised = verdict.to === 'failed' && verdict.closeWindow ? await closeWindows(tx, [attempt]) : [];
      return { applied, next, logged: await publishMessages(tx, [attempt], { raised }) };
    },
    DEADLINE,
  );
}

/**
 * Nobody knows whether the carrier has it. That stays so until a status settles it or an agent decides; we never send
 * it again.
 */
export async function recordUnknown(db: Database, attempt: Attempt): Promise<Recorded> {
  return await db.transaction(
    'dispatch.unknown',
    async (tx) => {
      await lockThread(tx, attempt);
      const rows = await tx`
        update messages set send_state = 'unknown', error = null
        where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
          and attempt_id = ${attempt.attemptId} and send_state = 'sending'`;
      if (rows.count === 0) return NOTHING;
      const next = await nextPriority(tx, attempt);
      return { applied: true, next, logged: await publishMessages(tx, [attempt]) };
    },
    DEADLINE,
  );
}

/** Prevents ingest from storing something about this id at the same moment; see message_lock_key in the schema. */
async function lockProviderId(tx: Tx, accountId: string, providerMessageId: string): Promise<void> {
  await tx`select pg_advisory_xact_lock(message_lock_key(${accountId}, ${providerMessageId}))`;
}

/** In id order, like everybody. Index: threads primary key. */
async function lockThreads(tx: Tx, tenantId: string, ids: readonly string[]): Promise<void> {
  await tx`
    select 1 from threads where tenant_id = ${tenantId} and id = any (${[...ids]}::uuid[])
    order by tenant_id, id for no key update`;
}

/**
 * Locks the message. A message that an agent queued again is still ours until it is claimed again: a late answer then
 * saves the customer a second copy. Index: messages primary key.
 */
async function isOurs(tx: Tx, attempt: Attempt): Promise<boolean> {
  const rows = await tx`
    select 1 from messages
    where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
      and (attempt_id = ${attempt.attemptId} or (attempt_id is null and send_state = 'queued'))
    for no key update`;
  return rows.length > 0;
}

/** A status may have brought an id before us; the first id stays. Index: messages primary key. */
async function storeAccepted(tx: Tx, attempt: Attempt, providerMessageId: string): Promise<void> {
  await tx`
    update messages set send_state = 'accepted', error = case when at_failed is null then null else error end,
      next_attempt_at = null, provider_message_id = coalesce(provider_message_id, ${providerMessageId}),
      at_sent = least(at_sent, clock_timestamp())
    where tenant_id = ${attempt.tenantId} and id = ${attempt.id}`;
}

/** Applies the items that waited for this message and logs everything they changed. */
async function publishJoined(
  tx: Tx,
  attempt: Attempt,
  { quoting, echo }: { readonly quoting: readonly MessageKey[]; readonly echo: Echo | null },
): Promise<LoggedEvent[]> {
  const joined = await applyParked(tx, [attempt]);
  return await publishMessages(tx, [attempt, ...joined, ...quoting], echo === null ? {} : { removed: echo });
}

/** Index: messages primary key. */
async function requeue(tx: Tx, attempt: Attempt, verdict: Extract<Verdict, { to: 'queued' }>): Promise<boolean> {
  const error = { ...verdict.error, sinceMs: attempt.sinceMs };
  const rows = await tx`
    update messages set send_state = 'queued', error = ${tx.json(error)},
      attempts = attempts - ${verdict.counts ? 0 : 1},
      next_attempt_at = clock_timestamp() + ${verdict.delayMs} * interval '1 millisecond'
    where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
      and attempt_id = ${attempt.attemptId} and send_state = 'sending'`;
  return rows.count > 0;
}

/** Index: messages primary key. */
async function fail(tx: Tx, attempt: Attempt, error: SendError): Promise<boolean> {
  const rows = await tx`
    update messages set send_state = 'failed', at_failed = clock_timestamp(), error = ${tx.json({ ...error })},
      next_attempt_at = null
    where tenant_id = ${attempt.tenantId} and id = ${attempt.id}
      and attempt_id = ${attempt.attemptId} and send_state = 'sending'`;
  return rows.count > 0;
}
