-- Cut from migrations/0057_list_by_slot.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Every message moves its thread's last activity. While indexes named that instant, each move wrote all indexes of threads
-- again, and left as many dead entries. They name its slot of ten seconds now: a second move within it writes none (a heap-only
-- update). Within a slot the reader sorts.
create or replace function activity_slot(at timestamptz) returns timestamptz language sql immutable parallel safe as $$
  select date_bin('10 seconds', at, timestamptz '2000-01-01 00:00:00+00')
$$;
