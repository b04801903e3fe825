-- Cut from migrations/0058_find_texts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Threads of messages that have the words, `cap` times 20 of them. Index: messages_search, as a bitmap as above. No locks.
create or replace function search_texts(q text, cap int) returns setof uuid language sql stable
  set enable_seqscan = off set enable_indexscan = off set max_parallel_workers_per_gather = 0
as $$
  select m.thread_id from (
    select thread_id from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ (select prefix_query(q))
      and revoked_at is null limit cap * 20) m
$$;
