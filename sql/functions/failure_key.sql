-- Cut from migrations/0016_merge_states_in_any_order.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Which of several failures of the same moment is shown: the smallest; one without a reason comes last.
create or replace function failure_key(error json) returns text language sql immutable as $$
  select coalesce(error->>'code', '~') collate "C"
$$;
