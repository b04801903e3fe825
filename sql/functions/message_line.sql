-- Cut from migrations/0035_shape_by_types.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What a conversation shows of its last message: one line for the list, empty where the kind alone says it. Single spaces
-- are left as they are, because nearly all are.
create or replace function message_line(id uuid, direction text, kind text, words text, sent_at timestamptz, status text)
returns json language sql stable as $$
  select row_to_json(row(id, direction, kind, coalesce(left(regexp_replace(words, '\s{2,}|[^\S ]', ' ', 'g'), 160), ''),
    iso(sent_at), status)::shown_line)
$$;
