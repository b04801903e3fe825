-- Cut from migrations/0003_isolate_tenants.sql by scripts/dump-schema.mjs: change it by a new migration.

-- User text as a literal in LIKE.
create or replace function like_escape(q text) returns text language sql immutable parallel safe as $$
  select replace(replace(replace(q, '\', '\\'), '%', '\%'), '_', '\_')
$$;
