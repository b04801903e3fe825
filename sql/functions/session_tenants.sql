-- Cut from migrations/0030_send_together.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The businesses that a round's transaction is about, as session_tenant is the one of any other.
create or replace function session_tenants() returns uuid[] language sql stable parallel safe as $$
  select string_to_array(nullif(current_setting('app.tenant_ids', true), ''), ',')::uuid[]
$$;
