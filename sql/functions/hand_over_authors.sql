-- Cut from migrations/0014_merge_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The messages of a whole thread change their author with it.
create or replace function hand_over_authors(tenant uuid, thread uuid, from_contact uuid, to_contact uuid) returns void language sql as $$
  select hand_over_messages(tenant, array(select m.id from messages m where m.tenant_id = tenant and m.thread_id = thread),
    thread, from_contact, to_contact)
$$;
