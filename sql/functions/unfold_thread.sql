-- Cut from migrations/0057_list_by_slot.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Takes a folded thread out of the other again: its own messages and notes, as they are by now. What came after the merge
-- stays. The surviving thread gets back what the merge gave it, where nobody has changed it since.
create or replace function unfold_thread(merge contact_merges, source threads, target threads, note_ids uuid[]) returns void language plpgsql as $$
declare
  v_ids uuid[] := array(select m.message_id from merged_messages m
    where m.tenant_id = merge.tenant_id and m.merge_id = merge.id and m.thread_id = source.id);
  v_status text := case when 'open' in (source.status, target.status) then 'open' else target.status end;
begin
  source.version := source.version + 1;
  source.last_message_id := null;
  source.last_position := null;
  -- Every column but the generated ones.
  insert into threads (tenant_id, id, account_id, contact_id, status, assignee_id, tags, unread_count, last_message_id, last_position,
      last_activity_at, window_expires_at, snoozed_until, reply_type, reply_value, version, created_at, erased_at, woken_at)
    values (source.tenant_id, source.id, source.account_id, source.contact_id, source.status, source.assignee_id,
      source.tags, source.unread_count, source.last_message_id, source.last_position, source.last_activity_at,
      source.window_expires_at, source.snoozed_until, source.reply_type, source.reply_value, source.version,
      source.created_at, source.erased_at, source.woken_at);
  perform hand_over_messages(merge.tenant_id, v_ids, source.id, merge.into_contact_id, merge.from_contact_id);
  delete from merged_messages m where m.tenant_id = merge.tenant_id and m.merge_id = merge.id and m.thread_id = source.id;
  update notes n set thread_id = source.id where n.tenant_id = merge.tenant_id and n.id = any (note_ids);
  update threads t set
      status = case when t.status = v_status then target.status else t.status end,
      snoozed_until = case when t.status = v_status then target.snoozed_until else t.snoozed_until end,
      assignee_id = case when target.assignee_id is null and t.assignee_id = source.assignee_id then null else t.assignee_id end,
      tags = array(select tag from unnest(t.tags) tag where tag = any (target.tags) or tag <> all (source.tags) order by tag),
      window_expires_at = case when later.inbound then t.window_expires_at else target.window_expires_at end,
      last_activity_at = greatest(target.last_activity_at, later.at),
      reply_type = case when later.inbound then t.reply_type else target.reply_type end,
      reply_value = case when later.inbound then t.reply_value else target.reply_value end
    from (select coalesce(bool_or(m.direction = 'inbound'), false) as inbound, max(m.sent_at) as at from messages m
      where m.tenant_id = merge.tenant_id and m.thread_id = target.id and not m.history and m.received_at >= merge.merged_at) later
    where t.tenant_id = merge.tenant_id and t.id = target.id;
  perform recount_thread(merge.tenant_id, source.id);
  perform recount_thread(merge.tenant_id, target.id);
end
$$;
