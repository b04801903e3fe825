-- Cut from migrations/0052_follow_undone_merges.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether a contact that something was said of is this one: they are, they have become them by merges, or they were a part
-- of the other when it was received, and are not any more. Index: contacts primary key, contact_merges primary key by its tenant.
create or replace function is_or_was(tenant uuid, said uuid, contact uuid, received_ms bigint) returns boolean language sql stable as $$
  select contact = surviving_contact(tenant, said) or exists (select from contact_merges g
    where g.tenant_id = tenant and g.into_contact_id = said and g.from_contact_id = contact and g.undone_at > ms(received_ms))
$$;
