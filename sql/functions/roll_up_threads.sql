-- Cut from migrations/0025_look_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What new messages, and those of a backlog that turned out to be live, do to their threads: unread, last message,
-- activity, 24-hour window, reopening, where to answer. Everything is max() or a count of such rows, so any order of
-- batches gives the same thread. A thread that this batch has created keeps its first version. Returns the messages in
-- the order of their positions, the threads touched, and those reopened among them. Index: messages and threads primary
-- keys. The caller holds the threads.
create or replace function roll_up_threads(items ingest_message[], created row_key[], promoted row_key[], out arrived arrival[], out touched row_key[],
  out reopened row_key[])
language plpgsql as $$
begin
  with counted as (
    select i.tenant_id, i.id, i.window_ms, i.reply_type, i.reply_value from unnest(items) i
    union all
    select k.tenant_id, k.id, live.window_ms, live.reply_type, live.reply_value
    from unnest(promoted) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id cross join lateral (
      select * from unnest(items) i where i.tenant_id = m.tenant_id and i.account_id = m.account_id and i.direction = m.direction
        and i.provider_message_id = m.provider_message_id and not i.history limit 1) live
  ), fresh as (
    select m.tenant_id, m.thread_id, m.id, m.position, m.sent_at, m.received_at, m.unread, c.window_ms, c.reply_type, c.reply_value,
      -- A notice moves the address to answer to only where the new one became this customer's.
      m.direction = 'inbound' and (m.kind <> 'system' or exists (select 1 from threads t
        join contact_addresses a on a.tenant_id = t.tenant_id and a.contact_id = t.contact_id
        where t.tenant_id = m.tenant_id and t.id = m.thread_id and a.type = c.reply_type and a.value = c.reply_value)) as answerable
    from counted c join messages m on m.tenant_id = c.tenant_id and m.id = c.id
  ), summed as (
    select f.tenant_id, f.thread_id, count(*) filter (where f.unread) as unread, max(f.sent_at) as at, ms(max(f.window_ms)) as window_end,
      array_agg(row(f.tenant_id, f.id, f.thread_id, null, f.position, (extract(epoch from f.received_at) * 1000)::bigint)::arrival
        order by f.position desc) as arrived,
      (array_agg(f.reply_type order by f.position desc) filter (where f.answerable))[1] as reply_type,
      (array_agg(f.reply_value order by f.position desc) filter (where f.answerable))[1] as reply_value
    from fresh f group by 1, 2
  ), updated as (
    update threads t set version = t.version + case when row(t.tenant_id, t.id)::row_key = any (created) then 0 else 1 end,
      unread_count = t.unread_count + s.unread,
      last_message_id = case when s.arrived[1].position > coalesce(t.last_position, '') then s.arrived[1].id else t.last_message_id end,
      last_position = greatest(t.last_position, s.arrived[1].position),
      last_activity_at = greatest(t.last_activity_at, s.at),
      window_expires_at = greatest(t.window_expires_at, s.window_end),
      reply_type = case when s.reply_type is not null and s.arrived[1].position >= coalesce(t.last_position, '') then s.reply_type else t.reply_type end,
      reply_value = case when s.reply_type is not null and s.arrived[1].position >= coalesce(t.last_position, '') then s.reply_value else t.reply_value end,
      status = case when s.unread > 0 and t.status in ('resolved', 'snoozed') then 'open' else t.status end,
      snoozed_until = case when s.unread > 0 then null else t.snoozed_until end
    from summed s where t.tenant_id = s.tenant_id and t.id = s.thread_id
    returning t.tenant_id, t.id, t.assignee_id, s.arrived, old.status = 'resolved' and new.status <> 'resolved' as reopened
  )
  select array(select row(a.tenant_id, a.id, a.thread_id, u.assignee_id, a.position, a.received_at_ms)::arrival
      from updated u cross join lateral unnest(u.arrived) a order by a.position),
    array(select row(u.tenant_id, u.id)::row_key from updated u),
    array(select row(u.tenant_id, u.id)::row_key from updated u where u.reopened)
    into arrived, touched, reopened;
end
$$;
