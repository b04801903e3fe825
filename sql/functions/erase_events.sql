-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Writes what these numbers of the log tell anew, as things are now. What counts the log finds as many messages as before.
-- Index: tenant_events, messages and threads primary keys. Locks the rows.
create or replace function erase_events(e erasures, after_seq bigint, to_seq bigint) returns void language plpgsql as $$
begin
  update tenant_events v set (type, data) = (
      select case when x.data is null then 'thread.removed' else v.type end,
        coalesce(x.data, json_build_object('threadId', v.thread_id, 'reason', 'erased'))
      from (select case
        when v.type like 'message.%' then (select json_build_object('message', m.entity) from message_entities m
          where m.tenant_id = v.tenant_id and m.id = (v.data->'message'->>'id')::uuid)
        when v.thread_id = any (e.other_thread_ids) and v.type like 'thread.%' then (select json_build_object('thread', t.entity)
          from thread_entities t where t.tenant_id = v.tenant_id and t.id = v.thread_id)
        when v.thread_id = any (e.other_thread_ids) then v.data end as data) x)
    where v.tenant_id = e.tenant_id and v.seq > after_seq and v.seq <= to_seq
      and v.thread_id = any (e.thread_ids || e.other_thread_ids) and v.type not in ('message.removed', 'thread.removed');
end
$$;
