-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The user with this address, or a new one with this id: whoever has an id and a password keeps both. Security definer:
-- users belong to no tenant, and the members' role can neither read nor change them. Index: users_email_key. Lock: none;
-- it waits for who adds the same address at this moment.
create or replace function find_or_add_user(new_id uuid, address text, name text, hash text) returns uuid
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  v_id uuid;
begin
  insert into users (id, email, display_name, password_hash) values (new_id, address, name, hash)
    on conflict on constraint users_email_key do nothing returning id into v_id;
  if v_id is null then select u.id into strict v_id from users u where u.email = address; end if;
  return v_id;
end
$$;
