/**
 * Checks that this process may become the roles that serve users, and that row-level security shows these roles
 * anything.
 */
import type { Database } from './postgres.ts';
import { ROUND_ROLE, TENANT_ROLE } from './postgres-connection.ts';

/** What restoring a single-database dump leaves out: roles belong to the cluster, not to the database. */
interface Lacking {
  readonly roles: readonly string[];
  readonly tables: readonly string[];
}

/** A table that both roles read and have a policy for. */
const SHARED_TABLE = 'messages';

/**
 * Returns a sentence about what is missing, or null. Each role is checked separately, since one may have existed at the
 * restore and the other not. Grants are checked too, because `pg_restore --no-acl` leaves them out. Reads catalogs
 * only; no locks. Rejects as Database calls do.
 */
export async function lackingAccess(database: Database): Promise<string | null> {
  const [row] = await database.run(
    'access.lacking',
    (sql) => sql<Lacking[]>`
      with needed (role) as (select unnest(${[TENANT_ROLE, ROUND_ROLE]}::text[]))
      select array(select role from needed
          where not exists (select 1 from pg_roles where rolname = role and pg_has_role(oid, 'SET'))) as roles,
        array(select c.relname::text from pg_class c
          where c.relnamespace = current_schema()::regnamespace and c.relrowsecurity
            and (not exists (select 1 from pg_policy p where p.polrelid = c.oid)
              or c.relname = ${SHARED_TABLE} and exists (select 1 from needed where not exists (
                select 1 from pg_policy p join pg_roles r on r.oid = any (p.polroles)
                where p.polrelid = c.oid and r.rolname = role and has_any_column_privilege(r.oid, c.oid, 'SELECT'))))
          order by 1) as tables`,
  );
  if (row === undefined) return null;
  if (row.roles.length > 0) return `The role of DATABASE_URL may not become ${row.roles.join(' and ')}.`;
  if (row.tables.length > 0) return `Policies or grants of ${row.tables.join(', ')} are missing.`;
  return null;
}
