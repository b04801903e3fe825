/** Detects numbers that have gone silent, so that their carriers are asked for what was missed. */
import type { Sql } from '../../platform/postgres.ts';

/**
 * Makes a number due that is suddenly silent: ten conversations were active within the hour, but no webhook came for
 * two minutes, and it has not been reconciled since. Reads account_upkeep whole (a row per number) and, for silent
 * numbers, threads_by_activity, newest first: without that order the planner prefers threads_contact_key, and reads all
 * threads of the number. Locks the upkeep it changes.
 */
export async function hastenSilent(sql: Sql): Promise<number> {
  const { count } = await sql`
    update account_upkeep u set next_reconcile_at = now()
    from whatsapp_accounts a
    where a.tenant_id = u.tenant_id and a.id = u.account_id and a.disabled_at is null
      and u.heard_at between now() - interval '2 hours' and now() - interval '2 minutes'
      and coalesce(u.reconciled_at, '-infinity') < u.heard_at + interval '2 minutes' and u.next_reconcile_at > now()
      and (select count(*) from (
        select 1 from threads t where t.tenant_id = u.tenant_id and t.activity_slot > u.heard_at - interval '1 hour'
          and t.account_id = u.account_id order by t.activity_slot desc limit 10) busy) = 10`;
  return count;
}
