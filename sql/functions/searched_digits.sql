-- Cut from migrations/0028_search_newest_first.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The digits of a number or a part of one; null where there are fewer than three.
create or replace function searched_digits(q text) returns text language sql immutable parallel safe as $$
  select case when length(digits) >= 3 then digits end from regexp_replace(q, '\D', '', 'g') as digits
$$;
