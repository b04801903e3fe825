-- safe: functions only. What a search costs depends on what it finds, not on how many conversations there are.

-- Words as they were written, the last one as a prefix: it may still be being typed. All must occur; empty input matches
-- nothing. A prefix has the index read every entry that begins with it, so there is one.
create or replace function prefix_query(q text) returns tsquery language sql immutable parallel safe as $$
  select coalesce(string_agg(quote_literal(w.lexeme) || case when w.is_last then ':*' else '' end, ' & '), '')::tsquery
  from (select lexeme, max(p) = max(max(p)) over () as is_last
        from unnest(to_tsvector('simple', q)) as x (lexeme, positions, weights), unnest(positions) as p group by lexeme) w
$$;

-- As before: names and numbers, of merged contacts as well, and texts; `cap` times 20 hits of each are looked at. Indexes:
-- contacts_by_name, contact_addresses_by_value, messages_search; then threads_contact_key for each contact found, which the
-- planner would give up for the whole table, not knowing how few there are. No locks.
create or replace function search_threads(q text, cap int) returns setof uuid
language sql stable security definer set search_path = public
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
as $$
  with recursive named as (
    (select c.id, c.merged_into from contacts c
     where c.tenant_id = session_tenant() and lower(c.display_name) like '%' || lower(like_escape(q)) || '%' limit cap * 20)
    union
    select c.id, c.merged_into from named n join contacts c on c.tenant_id = session_tenant() and c.id = n.merged_into
  ), numbered as (
    select a.contact_id from contact_addresses a
    where a.tenant_id = session_tenant() and length(regexp_replace(q, '\D', '', 'g')) >= 3
      and a.value like '%' || regexp_replace(q, '\D', '', 'g') || '%' limit cap * 20
  )
  select t.id from (select n.id from named n union select a.contact_id from numbered a) found
  join threads t on t.tenant_id = session_tenant() and t.contact_id = found.id
  union
  select m.thread_id from (
    select thread_id from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ prefix_query(q) limit cap * 20) m
$$;
