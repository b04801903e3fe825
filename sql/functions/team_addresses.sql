-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Addresses of the session's own team, of members who were not removed. Security definer: the members' role sees no users.
-- Indexes: primary keys of tenant_members and users. Lock: none.
create or replace function team_addresses() returns table (member_id uuid, email text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.id, u.email from tenant_members m join users u on u.id = m.user_id
  where m.tenant_id = (select session_tenant()) and m.removed_at is null
$$;
