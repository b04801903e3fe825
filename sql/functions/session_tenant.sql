-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The tenant a user-serving session is bound to, or null for workers.
create or replace function session_tenant() returns uuid language sql stable parallel safe as $$
  select nullif(current_setting('app.tenant_id', true), '')::uuid
$$;
