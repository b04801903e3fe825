-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The next messages of a conversation, by position; the position of the last, null where there is none, and how many there
-- were. Index: messages_by_thread. Locks, in order: the keys of the messages, the thread.
create or replace function erase_messages(e erasures, thread uuid, behind text, most int, out reached text, out amount int)
language plpgsql as $$
declare
  v_ids uuid[];
begin
  select array_agg(x.id), max(x.position), count(*) into v_ids, reached, amount from (
    select m.id, m.position from messages m
    where m.tenant_id = e.tenant_id and m.thread_id = thread and m.position > behind order by m.position limit most) x;
  if amount = 0 then return; end if;
  perform lock_erased(e.tenant_id, v_ids);
  perform empty_messages(e.tenant_id, e.contact_id, v_ids);
  update messages m set unread = false where m.tenant_id = e.tenant_id and m.id = any (v_ids) and m.unread;
end
$$;
