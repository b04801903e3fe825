-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether a message is stored in another chat although its id is unique within its own: it came while the two were one.
-- Index: messages_provider_key; see is_or_was.
create or replace function is_repeated(i ingest_message, contact uuid) returns boolean language sql stable as $$
  select exists (
    select from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
    where m.tenant_id = i.tenant_id and m.account_id = i.account_id and m.direction = i.direction
      and m.provider_message_id = i.provider_message_id and t.contact_id <> contact
      and is_or_was(i.tenant_id, contact, t.contact_id, m.received_at))
$$;
