-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace function note_json(n notes) returns json language sql stable as $$
  select e.entity from note_entities e where e.tenant_id = n.tenant_id and e.id = n.id
$$;
