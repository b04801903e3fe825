-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace function account_json(a whatsapp_accounts) returns json language sql stable as $$
  select e.entity from account_entities e where e.tenant_id = a.tenant_id and e.id = a.id
$$;
