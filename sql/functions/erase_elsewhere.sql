-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- What the contact wrote, chose and reacted in others' conversations, which are groups. Returns those that look different;
-- none when nothing is left. Index: messages_by_participant, reactions_by_contact, poll_votes_by_contact. Locks: lock_erased.
create or replace function erase_elsewhere(e erasures, most int) returns table (thread_id uuid, assignee_id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
  v_written uuid[];
  v_others uuid[];
begin
  v_written := array(select m.id from messages m
    where m.tenant_id = e.tenant_id and m.author_id = any (e.contact_ids) and m.author_name is not null limit most);
  v_others := array(
    (select r.message_id from reactions r
      where r.tenant_id = e.tenant_id and r.by_type = 'contact' and r.by_id = any (e.contact_ids) limit most)
    union (select v.message_id from poll_votes v
      where v.tenant_id = e.tenant_id and v.by_type = 'contact' and v.by_id = any (e.contact_ids) limit most));
  if cardinality(v_written) + cardinality(v_others) = 0 then return; end if;
  perform lock_erased(e.tenant_id, v_written || v_others);
  perform empty_messages(e.tenant_id, e.contact_id, v_written);
  update messages m set author_id = null where m.tenant_id = e.tenant_id and m.id = any (v_written);
  delete from reactions r where r.tenant_id = e.tenant_id and r.message_id = any (v_others)
    and r.by_type = 'contact' and r.by_id = any (e.contact_ids);
  delete from poll_votes v where v.tenant_id = e.tenant_id and v.message_id = any (v_others)
    and v.by_type = 'contact' and v.by_id = any (e.contact_ids);
  update messages m set version = m.version + 1 where m.tenant_id = e.tenant_id and m.id = any (v_others);
  return query
    update threads t set version = t.version + 1
    where t.tenant_id = e.tenant_id and t.erased_at is null and t.id in (
      select m.thread_id from messages m where m.tenant_id = e.tenant_id and m.id = any (v_written || v_others))
    returning t.id, t.assignee_id;
end
$$;
