-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Threads by what search_contacts and search_texts find. Index: threads_contact_key for each contact, which the planner would
-- give up for the whole table, not knowing how few there are; so it would outside, hence `rows`. No locks.
create or replace function search_threads(q text, cap int) returns setof uuid
language sql stable security definer rows 10 set search_path = pg_catalog, public, pg_temp
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
as $$
  select t.id from search_contacts(q, cap) as found (id)
  join threads t on t.tenant_id = session_tenant() and t.contact_id = found.id
  union
  select found.id from search_texts(q, cap) as found (id)
$$;
