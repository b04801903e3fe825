/** Whether this process may become the roles that serve users, and whether these are shown anything. */
import type { Database } from './postgres.ts';
import { ROUND_ROLE, TENANT_ROLE } from './postgres-connection.ts';

/** What a restore from a dump leaves out: the roles are the cluster's, not the database's. */
interface Lacking {
  readonly roles: readonly string[];
  readonly tables: readonly string[];
}

/** A sentence about what is lacking, or null. Catalogs only; no locks. Rejects as Database calls do. */
export async function lackingAccess(database: Database): Promise<string | null> {
  const [row] = await database.run(
    'access.lacking',
    (sql) => sql<Lacking[]>`
      select array(select r.name from unnest(${[TENANT_ROLE, ROUND_ROLE]}::text[]) as r (name)
          where not exists (select 1 from pg_roles where rolname = r.name and pg_has_role(oid, 'SET'))) as roles,
        array(select c.relname::text from pg_class c
          where c.relnamespace = current_schema()::regnamespace and c.relrowsecurity
            and not exists (select 1 from pg_policy p where p.polrelid = c.oid) order by 1) as tables`,
  );
  if (row === undefined) return null;
  if (row.roles.length > 0) return `The role of DATABASE_URL may not become ${row.roles.join(' and ')}.`;
  if (row.tables.length > 0) return `The policies of ${row.tables.join(', ')} are missing.`;
  return null;
}
