-- Cut from migrations/0026_search_by_index.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Words as they were written, the last one as a prefix: it may still be being typed. All must occur; empty input matches
-- nothing. A prefix has the index read every entry that begins with it, so there is one.
create or replace function prefix_query(q text) returns tsquery language sql immutable parallel safe as $$
  select coalesce(string_agg(quote_literal(w.lexeme) || case when w.is_last then ':*' else '' end, ' & '), '')::tsquery
  from (select lexeme, max(p) = max(max(p)) over () as is_last
        from unnest(to_tsvector('simple', q)) as x (lexeme, positions, weights), unnest(positions) as p group by lexeme) w
$$;
