-- Cut from migrations/0036_write_long_batches_at_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Stores and logs new messages, nothing else being changed by them but their threads. The caller holds the locks of
-- messages and threads and has seen that the messages are inbound, of the threads' own contacts, bare of files and quotes,
-- and none of them stored or a duplicate of another; `created` are threads that nobody has been told of. The same rows
-- and events as insert_messages, roll_up_threads, publish_changes and log_changes give. Indexes: messages_provider_key,
-- primary keys of threads, contacts, tenant_logs. Locks the counters of the tenants concerned, in tenant order, until commit.
create or replace function write_arrivals(items ingest_message[], threads_of uuid[], contacts_of uuid[], created row_key[], received bigint)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
    with inserted as (
      insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, content, forwarded, status,
          author_type, author_id, provider_message_id, sent_at, received_at, position, unread)
        select i.tenant_id, i.id, threads_of[i.party], i.account_id, i.direction, i.kind, i.text, i.content, i.forwarded, 'received',
          'contact', contacts_of[i.sender], i.provider_message_id, ms(i.sent_ms), ms(i.received_ms), i.position, true
        from unnest(items) i
        returning m.tenant_id, m.id, m.thread_id, m.position, m.received_at, message_entity(m, null, '[]') as entity
    ), summed as (
      select i.tenant_id, threads_of[i.party] as id, count(*) as unread, ms(max(i.sent_ms)) as at, ms(max(i.window_ms)) as window_end,
        (array_agg(i order by i.position desc))[1] as newest
      from unnest(items) i group by 1, 2
    ), rolled as (
      select s.tenant_id, s.id, s.unread, s.at, s.window_end, row(s.tenant_id, s.id)::row_key = any (created) as fresh,
        (s.newest).id as message_id, (s.newest).position, (s.newest).reply_type, (s.newest).reply_value,
        message_line((s.newest).id, (s.newest).direction, (s.newest).kind, (s.newest).text, ms((s.newest).sent_ms), 'received') as line
      from summed s
    ), updated as (
      update threads t set version = t.version + case when s.fresh then 0 else 1 end, unread_count = t.unread_count + s.unread,
        last_message_id = case when s.position > coalesce(t.last_position, '') then s.message_id else t.last_message_id end,
        last_position = greatest(t.last_position, s.position),
        last_activity_at = greatest(t.last_activity_at, s.at),
        window_expires_at = greatest(t.window_expires_at, s.window_end),
        reply_type = case when s.position >= coalesce(t.last_position, '') then s.reply_type else t.reply_type end,
        reply_value = case when s.position >= coalesce(t.last_position, '') then s.reply_value else t.reply_value end,
        status = case when t.status in ('resolved', 'snoozed') then 'open' else t.status end,
        snoozed_until = null
      from rolled s where t.tenant_id = s.tenant_id and t.id = s.id
      returning t.tenant_id, t.id, t.assignee_id, s.fresh, thread_entity(t,
        (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id),
        case when t.last_message_id = s.message_id then s.line else (
          select message_line(m.id, m.direction, m.kind, case when m.revoked_at is null then m.text end, m.sent_at, m.status)
          from messages m where m.tenant_id = t.tenant_id and m.id = t.last_message_id) end) as entity
    ), changes as (
      select i.tenant_id, 1 as kind, i.position, 'message.created' as type, i.thread_id, false as created,
        (select t.assignee_id from threads t where t.tenant_id = i.tenant_id and t.id = i.thread_id) as assignee_id,
        (extract(epoch from i.received_at) * 1000)::bigint as received_at_ms, json_build_object('message', i.entity) as data
      from inserted i
      union all
      select u.tenant_id, case when u.fresh then 0 else 2 end, '', case when u.fresh then 'thread.created' else 'thread.updated' end,
        u.id, u.fresh, u.assignee_id, received, json_build_object('thread', u.entity)
      from updated u
    ), grown as (
      select c.tenant_id, count(*) as n from changes c group by c.tenant_id
    ), locked as materialized (
      select l.tenant_id, l.epoch, l.head, g.n from grown g join tenant_logs l on l.tenant_id = g.tenant_id
      order by l.tenant_id for no key update of l
    ), counted as (
      update tenant_logs l set head = k.head + k.n from locked k where l.tenant_id = k.tenant_id
    ), written as (
      insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
        select c.tenant_id, k.head + row_number() over (partition by c.tenant_id order by c.kind, c.position), v_now,
          c.type, c.thread_id, c.assignee_id, c.assignee_id, c.created, c.received_at_ms, c.data
        from changes c join locked k on k.tenant_id = c.tenant_id
        returning e.tenant_id, e.seq, e.type, e.received_at_ms, log_event_json(e) as event
    )
    select w.tenant_id, (select k.epoch from locked k where k.tenant_id = w.tenant_id), w.seq, w.type, w.received_at_ms, w.event
    from written w order by w.tenant_id, w.seq;
  perform renew_plans();
end
$$;
