-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Another password for who is of the session's own team and of no other; every session of theirs ends. False for anybody
-- else: additions to another team do not wait for the lock. Security definer: the members' role cannot change users.
-- Indexes: users primary key, tenant_members_user_key, tenant_members_by_user. Lock: the user's row, which the caller has by
-- lock_login.
create or replace function reset_password(person uuid, hash text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  update users u set password_hash = hash, session_generation = u.session_generation + 1, kept_session = null
    where u.id = person
      and exists (select from tenant_members m
        where m.tenant_id = session_tenant() and m.user_id = person and m.removed_at is null)
      and not exists (select from tenant_members x
        where x.user_id = person and x.tenant_id <> session_tenant() and x.removed_at is null);
  return found;
end
$$;
