-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace function member_json(m tenant_members) returns json language sql stable as $$
  select e.entity from member_entities e where e.tenant_id = m.tenant_id and e.id = m.id
$$;
