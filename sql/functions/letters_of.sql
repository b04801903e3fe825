-- Cut from migrations/0028_search_newest_first.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The letters of a name and its pairs of letters: what a trigram cannot tell, which begins at three, and in a database of
-- locale C only for ASCII.
create or replace function letters_of(name text) returns text[] language sql immutable parallel safe strict as $$
  select string_to_array(name, null) || array(
    select a || b from unnest(string_to_array(name, null), (string_to_array(name, null))[2:]) as u (a, b) where b is not null)
$$;
