-- Cut from migrations/0028_search_newest_first.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The word of a search that fewest texts contain, as a guess; null where there is none.
create or replace function longest_word(q text) returns text language sql immutable parallel safe as $$
  select lower(lexeme) from unnest(to_tsvector('simple', q)) order by length(lexeme) desc, lexeme limit 1
$$;
