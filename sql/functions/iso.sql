-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

-- ISO 8601 UTC with milliseconds. Stable, not immutable, because to_char is: otherwise it would not be inlined, and
-- starting a function a dozen times an entity cost more than everything else (measured: 0.6 ms an event).
create or replace function iso(t timestamptz) returns text language sql stable parallel safe as $$
  select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
