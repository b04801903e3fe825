-- Cut from migrations/0021_merge_in_groups.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Threads that are theirs, and those where they take part. Index: threads_contact_key, messages_by_participant,
-- reactions_by_contact, poll_votes_by_contact.
create or replace function threads_with(tenant uuid, contact_ids uuid[]) returns setof uuid language sql stable as $$
  select t.id from threads t where t.tenant_id = tenant and t.contact_id = any (contact_ids)
  union
  select m.thread_id from messages m where m.tenant_id = tenant and m.author_id = any (contact_ids) and m.author_name is not null
  union
  select m.thread_id from reactions r join messages m on m.tenant_id = r.tenant_id and m.id = r.message_id
    where r.tenant_id = tenant and r.by_type = 'contact' and r.by_id = any (contact_ids)
  union
  select m.thread_id from poll_votes v join messages m on m.tenant_id = v.tenant_id and m.id = v.message_id
    where v.tenant_id = tenant and v.by_type = 'contact' and v.by_id = any (contact_ids)
$$;
