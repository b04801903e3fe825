-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Who has this login of the session's own team, to be changed until commit, and whether they are in another team as well.
-- Security definer: the members' role sees no users. Indexes: primary keys of tenant_members and users,
-- tenant_members_by_user. Lock: the user's row, before any of tenant_members.
create or replace function lock_login(member uuid) returns table (user_id uuid, generation integer, elsewhere boolean)
language plpgsql security definer rows 1 set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  v_user uuid;
  v_generation integer;
begin
  select u.id, u.session_generation into v_user, v_generation
    from tenant_members m join users u on u.id = m.user_id
    where m.tenant_id = session_tenant() and m.id = member and m.removed_at is null
    for no key update of u;
  if not found then return; end if;
  -- Looked at when the lock is held.
  return query select v_user, v_generation, exists (
    select from tenant_members x where x.user_id = v_user and x.tenant_id <> session_tenant() and x.removed_at is null);
end
$$;
