-- Cut from migrations/0052_follow_undone_merges.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Queues messages, moves their threads as queueMessage does, logs both and keeps what each command answers. Returns the
-- two events of each. Fails with 23505 on commands_pkey when one of the commands was committed meanwhile, with 23503 where
-- a thread is not of its tenant, or is there twice. Indexes: primary keys of threads, contacts, tenant_logs. Locks the
-- counters of the tenants concerned, in tenant order, until commit.
create or replace function write_sends(sends new_send[])
returns table (n int, tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
  -- For no business's log longer than this: then each send goes alone, and who is held up is held up alone.
  set lock_timeout = '500ms'
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_told bigint;
begin
  return query
    -- `merge on false` is an insert that can return what it has read, here which send a row is.
    with queued as (
      merge into messages m using unnest(sends) s on false
      when not matched then insert (tenant_id, id, thread_id, account_id, direction, kind, text, content, send_state, status,
          author_type, author_id, command_id, sent_at, received_at, position, next_attempt_at, priority)
        values (s.tenant_id, s.id, s.thread_id, s.account_id, 'outbound', s.kind, s.text, s.content, 'queued', 'queued',
          'member', s.member_id, s.command_id, s.at, s.at, s.position, v_now, s.priority)
      returning s.n, s.member_id, s.command_id, m.tenant_id, m.id, m.thread_id, m.position, m.sent_at,
        json_build_object('message', message_entity(m, null, '[]')) as message,
        message_line(m.id, m.direction, m.kind, m.text, m.sent_at, m.status) as line
    ), moved as (
      update threads t set last_message_id = q.id, last_position = q.position,
        last_activity_at = greatest(t.last_activity_at, q.sent_at), version = t.version + 1,
        status = case when t.status = 'snoozed' then 'open' else t.status end, snoozed_until = null
      from queued q where t.tenant_id = q.tenant_id and t.id = q.thread_id
      returning q.n, q.member_id, q.command_id, t.tenant_id, t.id, t.assignee_id, q.message,
        json_build_object('thread', thread_entity(t,
          (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id), q.line)) as thread
    ), grown as (
      select m.tenant_id, count(*) as added from moved m group by m.tenant_id
    ), locked as materialized (
      select l.tenant_id, l.epoch, l.head, g.added from grown g join tenant_logs l on l.tenant_id = g.tenant_id
      order by l.tenant_id for no key update of l
    ), counted as (
      update tenant_logs l set head = k.head + 2 * k.added from locked k where l.tenant_id = k.tenant_id
    ), numbered as materialized (
      select m.*, k.epoch, k.head + 2 * row_number() over (partition by m.tenant_id order by m.n) as seq
      from moved m join locked k on k.tenant_id = m.tenant_id
    ), kept as (
      insert into commands (tenant_id, member_id, command_id, name, result, seq)
      select d.tenant_id, d.member_id, d.command_id, 'message:send', d.message, d.seq from numbered d
      where d.command_id is not null
    ), told as materialized (
      select d.n, d.epoch, d.tenant_id, d.seq - c.earlier as seq, c.type, d.id as thread_id, d.assignee_id, c.data from numbered d
        cross join lateral (values ('message.created', d.message, 1), ('thread.updated', d.thread, 0)) c (type, data, earlier)
    ), written as (
      insert into tenant_events (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, data)
      select d.tenant_id, d.seq, v_now, d.type, d.thread_id, d.assignee_id, d.assignee_id, false, d.data from told d
    )
    select d.n, d.tenant_id, d.epoch, d.seq, d.type, null::bigint, log_event_json(row(
      d.tenant_id, d.seq, v_now, d.type, d.thread_id, d.assignee_id, d.assignee_id, false, null, d.data)::tenant_events)
    from told d order by d.tenant_id, d.seq;
  get diagnostics v_told = row_count;
  -- A thread is moved once: a second message in it would be sent, and nobody told of it.
  if v_told <> 2 * cardinality(sends) then
    raise exception 'a round has two sends of one conversation' using errcode = '23503';
  end if;
  perform renew_plans();
end
$$;
