-- Cut from migrations/0043_end_sessions.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Numbers and stores changes. Must be the last write of its transaction: it takes the counter rows of the tenants
-- concerned (in tenant order, so that two batches cannot deadlock) and they stay locked until commit.
-- Security definer: a member's own role may append to the log of its tenant but not read or change counters.
create or replace function log_changes(changes change[])
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql rows 3 security definer set search_path = pg_catalog, public, pg_temp
  -- A handful of rows by key, always: on a fresh database without statistics the planner would hash whole tables.
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_tenant uuid := session_tenant();
  v_change change;
  v_logged bigint;
begin
  -- One by one: a query would take ten times as long for the two or three that a command changes.
  if v_tenant is not null then
    foreach v_change in array changes loop
      if v_change.tenant_id <> v_tenant then
        raise exception 'a change of another tenant cannot be logged' using errcode = '42501';
      end if;
    end loop;
  end if;
  perform 1 from tenant_logs l
    where l.tenant_id in (select c.tenant_id from unnest(changes) c) order by l.tenant_id for no key update;
  return query
    with numbered as materialized (
      select c.ord, c.tenant_id, c.type, c.id, c.thread_id, c.before, coalesce(c.created, false) as created, c.received_at_ms,
        l.epoch, l.head + row_number() over (partition by c.tenant_id order by c.ord) as seq
      from unnest(changes) c join tenant_logs l on l.tenant_id = c.tenant_id
    ), filled as (
      select n.*, json_build_object('thread', e.entity) as data from numbered n
        join thread_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type in ('thread.created', 'thread.updated')
      union all
      select n.*, json_build_object('message', e.entity) from numbered n
        join message_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type in ('message.created', 'message.updated')
      union all
      select n.*, d.data from numbered n cross join lateral (select told_of_rare(n.type, n.tenant_id, n.id, n.thread_id) as data) d
        where n.type not in ('thread.created', 'thread.updated', 'message.created', 'message.updated') and d.data is not null
    ), written as (
      insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
      select f.tenant_id, f.seq, v_now, f.type, f.thread_id, f.before, t.assignee_id, f.created, f.received_at_ms, f.data
      from filled f left join threads t on t.tenant_id = f.tenant_id and t.id = f.thread_id
      returning e.tenant_id, e.seq, e.type, e.received_at_ms, log_event_json(e) as event
    ), counted as (
      update tenant_logs l set head = w.head
      from (select n.tenant_id, max(n.seq) as head from numbered n group by n.tenant_id) w
      where l.tenant_id = w.tenant_id
      returning l.tenant_id, l.epoch
    )
    select w.tenant_id, k.epoch, w.seq, w.type, w.received_at_ms, w.event
    from written w join counted k on k.tenant_id = w.tenant_id
    order by w.tenant_id, w.seq;
  get diagnostics v_logged = row_count;
  -- A number without an event would be a hole that every client takes for a loss.
  if v_logged <> cardinality(changes) then
    raise exception 'a change names an entity that does not exist' using errcode = '23503';
  end if;
  perform renew_plans();
end
$$;
