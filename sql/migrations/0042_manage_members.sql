-- safe: functions and grants. Administrators manage their team as the members' role, behind row-level security.

grant insert (tenant_id, user_id, display_name, role), update (display_name, role, removed_at, version)
  on tenant_members to hunfly_app;

-- The user with this address, or a new one with this id: whoever has an id and a password keeps both. Security definer:
-- users belong to no tenant, and the members' role can neither read nor change them. Index: users_email_key. Lock: none;
-- it waits for who adds the same address at this moment.
create function find_or_add_user(new_id uuid, address text, name text, hash text) returns uuid
language plpgsql security definer set search_path = public as $$
declare
  v_id uuid;
begin
  insert into users (id, email, display_name, password_hash) values (new_id, address, name, hash)
    on conflict on constraint users_email_key do nothing returning id into v_id;
  if v_id is null then select u.id into strict v_id from users u where u.email = address; end if;
  return v_id;
end
$$;

-- Addresses of the session's own team, of members who were not removed. Security definer: the members' role sees no users.
-- Indexes: primary keys of tenant_members and users. Lock: none.
create function team_addresses() returns table (member_id uuid, email text)
language sql stable security definer set search_path = public as $$
  select m.id, u.email from tenant_members m join users u on u.id = m.user_id
  where m.tenant_id = (select session_tenant()) and m.removed_at is null
$$;
