/** Addresses that a carrier returned in its answer: they identify the same person when they write from there. */
import type { Address } from '../../../contract/entities.ts';
import { matchKey } from '../../../lib/phone-match.ts';
import type { Logger } from '../../../platform/log.ts';
import { asJson, type Database, type Tx } from '../../../platform/postgres.ts';
import type { LoggedEvent } from '../../event-log.ts';
import { publishHints, type HintPublisher } from '../../hints.ts';
import type { ThreadRef } from './types.ts';

/** Best effort: a failure is only logged, because the message itself is recorded already. */
export async function rememberAddresses(
  deps: { readonly db: Database; readonly log: Logger; readonly hints: HintPublisher },
  thread: ThreadRef,
  addresses: readonly Address[],
): Promise<void> {
  if (addresses.length === 0) return;
  try {
    const logged = await deps.db.transaction('dispatch.addresses', (tx) => addAddresses(tx, thread, addresses));
    publishHints(deps.hints, logged);
  } catch (error) {
    deps.log.warn({ err: error, threadId: thread.threadId }, 'An address from a carrier was not stored.');
  }
}

/**
 * Adds addresses that nobody has; one that belongs to somebody else stays there. Lock order: addresses, then the
 * contact's threads, then the counter. Index: contact_addresses primary key, threads_contact_key.
 */
async function addAddresses(tx: Tx, thread: ThreadRef, addresses: readonly Address[]): Promise<LoggedEvent[]> {
  const rows = addresses.slice(0, 8).map((address) => ({ ...address, key: matchKey(address) }));
  const [added] = await tx<{ contactId: string }[]>`
    insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
      select t.tenant_id, a.type, a.key, a.value, t.contact_id
      from json_to_recordset(${asJson(tx, rows)}) as a (type text, key text, value text), threads t
      where t.tenant_id = ${thread.tenantId} and t.id = ${thread.threadId}
        and not exists (select 1 from contact_addresses c
          where c.tenant_id = t.tenant_id and c.type = a.type and c.match_key = a.key)
      order by a.type, a.key
    on conflict do nothing
    returning contact_id as "contactId"`;
  if (added === undefined) return [];
  await tx`
    select 1 from threads where tenant_id = ${thread.tenantId} and contact_id = ${added.contactId}
    order by tenant_id, id for no key update`;
  return await tx<LoggedEvent[]>`
    select l.tenant_id as "tenantId", l.epoch, l.seq, l.type, l.received_at_ms as "receivedAtMs", l.event::text as event
    from log_changes(publish_changes('{}', '{}', '{}',
      array[row(${thread.tenantId}::uuid, ${added.contactId}::uuid)::row_key], '{}', null)) l
    order by l.seq`;
}
