-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- From now on these conversations are there for nobody. The caller holds them. Lists and terms read in the order of activity, which
-- is finite for whatever is there: the empty rows, which stay, lie outside and are not read again each time.
-- Indexes: threads and receipts primary keys.
create or replace function hide_threads(tenant uuid, ids uuid[]) returns table (thread_id uuid, assignee_id uuid) language plpgsql as $$
#variable_conflict use_column
begin
  delete from receipts r where r.tenant_id = tenant and r.thread_id = any (ids);
  return query
    update threads t set erased_at = now(), last_activity_at = '-infinity', status = 'resolved', unread_count = 0, last_message_id = null, last_position = null,
        window_expires_at = null, snoozed_until = null, tags = '{}', reply_value = '', version = t.version + 1
      where t.tenant_id = tenant and t.id = any (ids)
      returning t.id, t.assignee_id;
end
$$;
