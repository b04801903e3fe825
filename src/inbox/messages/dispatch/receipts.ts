/** Numbers that tell the customer "read" with the answer: told once the carrier has it, never for one that failed. */
import type { Clock } from '../../../lib/clock.ts';
import type { Logger } from '../../../platform/log.ts';
import type { Database, Sql } from '../../../platform/postgres.ts';
import type { SendingAccount } from './accounts.ts';
import type { SignalSender } from './signals.ts';
import type { Attempt } from './types.ts';

/** What telling needs. */
export interface ReceiptDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signals: Pick<SignalSender, 'offer'>;
}

/** Call after an answer was accepted. As lossy as every signal: a failure is logged and forgotten. */
export async function tellReadWithAnswer(deps: ReceiptDeps, account: SendingAccount, answer: Attempt): Promise<void> {
  if (account.readReceipts !== 'on_reply') return;
  const { tenantId, accountId, threadId } = answer;
  try {
    const providerMessageId = await deps.db.run('dispatch.answered', (sql) => findAnswered(sql, answer));
    if (providerMessageId === null) return;
    const job = { tenantId, accountId, threadId, task: 'read', providerMessageId } as const;
    deps.signals.offer({ job, writtenMs: deps.clock.nowMs() });
  } catch (error) {
    deps.log.warn({ err: error, threadId }, 'Whether a read receipt is due could not be looked up.');
  }
}

/**
 * The provider's id of the customer's newest message before the answer: what came later nobody has answered.
 * Index: messages primary key, messages_by_thread read backwards until the first inbound one. Lock: none.
 */
async function findAnswered(sql: Sql, { tenantId, threadId, id }: Attempt): Promise<string | null> {
  const [row] = await sql<{ id: string }[]>`
    select m.provider_message_id as id from messages m
    where m.tenant_id = ${tenantId} and m.thread_id = ${threadId} and m.direction = 'inbound'
      and m.provider_message_id is not null
      and m.position < (select a.position from messages a where a.tenant_id = ${tenantId} and a.id = ${id})
    order by m.position desc limit 1`;
  return row?.id ?? null;
}
