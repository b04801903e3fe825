-- Cut from migrations/0014_merge_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Everything of these messages that names a contact or a thread. The threads are locked. A reaction or vote that both
-- contacts have on one message stays with each. Index: primary keys of messages, reactions, poll_votes, media;
-- reaction_sends_by_message.
create or replace function hand_over_messages(tenant uuid, ids uuid[], to_thread uuid, from_contact uuid, to_contact uuid) returns void
language plpgsql as $$
begin
  -- A carrier's id that is unique within a chat goes along, unless the other chat has the very same message.
  update messages m set thread_id = to_thread, version = m.version + 1,
      author_id = case when m.author_type = 'contact' and m.author_id = from_contact then to_contact else m.author_id end,
      provider_scope = case when m.provider_scope = '' or exists (select 1 from messages o where o.tenant_id = tenant
          and o.account_id = m.account_id and o.direction = m.direction and o.provider_message_id = m.provider_message_id
          and o.provider_scope = to_thread::text) then m.provider_scope else to_thread::text end
    where m.tenant_id = tenant and m.id = any (ids);
  update reactions r set by_id = to_contact
    where r.tenant_id = tenant and r.message_id = any (ids) and r.by_type = 'contact' and r.by_id = from_contact
      and not exists (select 1 from reactions o where o.tenant_id = tenant and o.message_id = r.message_id
        and o.by_type = 'contact' and o.by_id = to_contact);
  update poll_votes v set by_id = to_contact
    where v.tenant_id = tenant and v.message_id = any (ids) and v.by_type = 'contact' and v.by_id = from_contact
      and not exists (select 1 from poll_votes o where o.tenant_id = tenant and o.message_id = v.message_id
        and o.by_type = 'contact' and o.by_id = to_contact);
  update media f set thread_id = to_thread from messages m
    where m.tenant_id = tenant and m.id = any (ids) and f.tenant_id = tenant and f.id = m.media_id;
  update reaction_sends s set thread_id = to_thread where s.tenant_id = tenant and s.message_id = any (ids);
end
$$;
