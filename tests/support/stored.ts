/** The stored state, for tests that check that nothing changed. */
import type { Database } from '../../src/platform/postgres.ts';

/** Everything of a tenant that an accepted command would have changed, and how many members and tenants there are. */
export async function everythingOf(database: Database, tenantId: string): Promise<unknown> {
  return database.run(
    'test.state',
    (sql) => sql`select
      (select json_agg(json_build_array(id, version, status, tags, assignee_id) order by id) from threads where tenant_id = ${tenantId}) as threads,
      (select count(*)::int from messages where tenant_id = ${tenantId}) as messages,
      (select count(*)::int from notes where tenant_id = ${tenantId}) as notes,
      (select count(*)::int from commands where tenant_id = ${tenantId}) as commands,
      (select count(*)::int from audit_log where tenant_id = ${tenantId}) as audit,
      (select head from tenant_logs where tenant_id = ${tenantId}) as head,
      (select count(*)::int from tenant_members) as members, (select count(*)::int from tenants) as tenants`,
  );
}
