/** What delivery failures mean for conversations and numbers. */
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { asJson, type Database, type Sql } from '../../platform/postgres.ts';
import type { FailureSaid } from '../../providers/inbound.ts';
import { tellStates, type Told } from '../accounts/state.ts';
import { verdictOf } from '../accounts/verdict.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { KEPT_MS } from '../messages/dispatch/accounts.ts';
import { lockThreadsOf } from '../messages/dispatch/publish.ts';
import { closeWindows } from '../threads/close-window.ts';
import type { AccountRef } from './part.ts';
import { asUuid } from './times.ts';

/** An error in a webhook, and the message it belongs to; the ids are null if it names no message. */
export interface Failed extends AccountRef {
  readonly error: FailureSaid;
  readonly providerMessageId: string | null;
  readonly clientRef: string | null;
  /** By the carrier's clock, otherwise the time of receipt. */
  readonly atMs: number;
}

/**
 * Closes the windows that the carrier says are closed. Safe to repeat. Locks the threads, then the tenants' counters.
 */
export async function closeSaidWindows(db: Database, failed: readonly Failed[]): Promise<LoggedEvent[]> {
  const found = await db.run('ingest.failed', (sql) => findOwn(sql, failed));
  if (found.length === 0) return [];
  return await db.transaction('ingest.close_windows', async (tx) => {
    await lockThreadsOf(tx, found);
    const closed = await closeWindows(tx, found);
    return await logChanges(
      tx,
      closed.map(({ tenantId, id, assigneeId }) => ({
        tenantId,
        id,
        threadId: id,
        before: assigneeId,
        type: 'thread.updated' as const,
      })),
    );
  });
}

/**
 * Applies what the carrier says about numbers; all errors have the same action. Reports about a credential that was
 * replaced after the message was sent are outdated. Safe to repeat. Locks as tellStates.
 */
export async function tellFailing(db: Database, failed: readonly Failed[]): Promise<LoggedEvent[]> {
  const found = await db.run('ingest.failed', (sql) => findOwn(sql, failed));
  const sentMs = new Map(found.map((own) => [own.n, own.sentMs]));
  const latest = new Map<AccountId, { readonly told: Told; readonly usedMs: number }>();
  for (const [n, { tenantId, accountId, error, atMs }] of failed.entries()) {
    const verdict = verdictOf(error);
    // A worker may have used the previous credential for a moment longer.
    const usedMs = (sentMs.get(n) ?? atMs) - KEPT_MS;
    if (verdict === null || usedMs <= (latest.get(accountId)?.usedMs ?? -Infinity)) continue;
    latest.set(accountId, {
      told: { tenantId, accountId, verdict, hold: true, usedAt: new Date(usedMs).toISOString() },
      usedMs,
    });
  }
  const told = [...latest.values()].map((one) => one.told);
  return await db.transaction('ingest.tell_failing', (tx) => tellStates(tx, told));
}

interface Own {
  /** Which of those asked for. */
  readonly n: number;
  readonly tenantId: TenantId;
  readonly id: string;
  /** When it was handed to the carrier; null while the answer is not recorded. */
  readonly sentMs: number | null;
}

/**
 * Finds our own messages: by the carrier's id, or by ours if the answer of the send is not recorded yet. Index:
 * messages_provider_key, messages primary key. Lock: none.
 */
async function findOwn(sql: Sql, failed: readonly Failed[]): Promise<Own[]> {
  const asked = failed.map(({ tenantId, accountId, providerMessageId, clientRef }, n) => ({
    n,
    tenantId,
    accountId,
    providerMessageId,
    ref: asUuid(clientRef),
  }));
  return await sql<Own[]>`
    select j.n, m.tenant_id as "tenantId", m.id, (extract(epoch from m.at_sent) * 1000)::float8 as "sentMs"
    from json_to_recordset(${asJson(sql, asked)})
      as j (n int, "tenantId" uuid, "accountId" uuid, "providerMessageId" text, ref uuid)
    cross join lateral (
      select o.tenant_id, o.id, o.at_sent from messages o where o.tenant_id = j."tenantId" and o.account_id = j."accountId"
        and o.direction = 'outbound' and o.provider_message_id = j."providerMessageId"
      union all
      select o.tenant_id, o.id, o.at_sent from messages o where o.tenant_id = j."tenantId" and o.id = j.ref
        and o.account_id = j."accountId" and o.direction = 'outbound'
      limit 1) m`;
}
