-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The same shapes for one row at hand.
create or replace function thread_json(t threads) returns json language sql stable as $$
  select e.entity from thread_entities e where e.tenant_id = t.tenant_id and e.id = t.id
$$;
