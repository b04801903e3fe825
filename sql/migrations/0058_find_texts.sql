-- safe: functions only. A search finds where in a conversation the words are, and nothing by the text of a deleted message.

-- Threads of messages that have the words, `cap` times 20 of them. Index: messages_search, as a bitmap as above. No locks.
create or replace function search_texts(q text, cap int) returns setof uuid language sql stable
  set enable_seqscan = off set enable_indexscan = off set max_parallel_workers_per_gather = 0
as $$
  select m.thread_id from (
    select thread_id from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ (select prefix_query(q))
      and revoked_at is null limit cap * 20) m
$$;

-- Of each of these threads its newest message that has the words, among those that search_texts finds with this `cap`: what
-- the list was found by. The caller has checked that the threads may be seen. Index: messages_search, as a bitmap. No locks.
create function newest_hits(q text, threads uuid[], cap int) returns setof uuid
language sql stable security definer rows 50 set search_path = pg_catalog, public, pg_temp
  set enable_seqscan = off set enable_indexscan = off set max_parallel_workers_per_gather = 0 set jit = off
as $$
  select distinct on (m.thread_id) m.id from (
    select id, thread_id, position from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ (select prefix_query(q))
      and revoked_at is null limit cap * 20) m
  where m.thread_id = any (threads) order by m.thread_id, m.position desc
$$;
