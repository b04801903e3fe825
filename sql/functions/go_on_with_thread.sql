-- Cut from migrations/0031_take_one_arrival.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What a message does to a conversation that is there. Index: threads primary key. The caller holds it.
create or replace function go_on_with_thread(i ingest_message, thread uuid) returns threads language plpgsql as $$
declare
  v_thread threads;
begin
  update threads t set version = t.version + 1, unread_count = t.unread_count + 1,
      last_message_id = case when i.position > coalesce(t.last_position, '') then i.id else t.last_message_id end,
      last_position = greatest(t.last_position, i.position),
      last_activity_at = greatest(t.last_activity_at, ms(i.sent_ms)),
      window_expires_at = greatest(t.window_expires_at, ms(i.window_ms)),
      reply_type = case when i.position >= coalesce(t.last_position, '') then i.reply_type else t.reply_type end,
      reply_value = case when i.position >= coalesce(t.last_position, '') then i.reply_value else t.reply_value end,
      status = case when t.status in ('resolved', 'snoozed') then 'open' else t.status end,
      snoozed_until = null
    where t.tenant_id = i.tenant_id and t.id = thread
    returning t.* into v_thread;
  return v_thread;
end
$$;
