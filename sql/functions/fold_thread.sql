-- Cut from migrations/0014_merge_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Puts one thread's messages and notes into another of the same number. Both rows are locked. Position, ids and unread
-- flags stay. Open if either is; tags and the later window of both; answers go where the later one's did.
create or replace function fold_thread(merge contact_merges, source threads, target threads) returns void language plpgsql as $$
declare
  v_ids uuid[] := array(select m.id from messages m where m.tenant_id = source.tenant_id and m.thread_id = source.id);
  v_later threads := case when source.last_activity_at > target.last_activity_at then source else target end;
begin
  insert into merged_messages (tenant_id, merge_id, message_id, thread_id)
    select merge.tenant_id, merge.id, u.id, source.id from unnest(v_ids) as u (id);
  perform hand_over_messages(merge.tenant_id, v_ids, target.id, merge.from_contact_id, merge.into_contact_id);
  update notes n set thread_id = target.id where n.tenant_id = merge.tenant_id and n.thread_id = source.id;
  update threads t set
      status = case when 'open' in (source.status, target.status) then 'open' else t.status end,
      snoozed_until = case when 'open' in (source.status, target.status) then null else t.snoozed_until end,
      assignee_id = coalesce(t.assignee_id, source.assignee_id),
      tags = array(select distinct tag from unnest(target.tags || source.tags) tag order by tag),
      window_expires_at = greatest(t.window_expires_at, source.window_expires_at),
      last_activity_at = v_later.last_activity_at, reply_type = v_later.reply_type, reply_value = v_later.reply_value
    where t.tenant_id = merge.tenant_id and t.id = target.id;
  perform recount_thread(merge.tenant_id, target.id);
  delete from threads t where t.tenant_id = merge.tenant_id and t.id = source.id;
end
$$;
