-- Cut from migrations/0014_merge_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What its messages say about a thread: unread, last message. The row is locked. Index: messages_unread,
-- messages_by_thread.
create or replace function recount_thread(tenant uuid, thread uuid) returns void language sql as $$
  update threads t set version = t.version + 1,
    unread_count = (select count(*) from messages m where m.tenant_id = tenant and m.thread_id = thread and m.unread),
    (last_message_id, last_position) = (select m.id, m.position from messages m
      where m.tenant_id = tenant and m.thread_id = thread order by m.position desc limit 1)
  where t.tenant_id = tenant and t.id = thread
$$;
