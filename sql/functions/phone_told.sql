-- Cut from migrations/0012_ingest_every_kind.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The number that a contact has now: the one they changed to, or the first that is known; only if it is theirs. Null:
-- nothing new.
create or replace function phone_told(c contacts, phone text, new_phone text) returns text language sql stable as $$
  select told.phone from (select case when new_phone <> coalesce(c.phone, '') then new_phone when c.phone is null then phone end as phone) told
  where exists (select 1 from contact_addresses a
    where a.tenant_id = c.tenant_id and a.contact_id = c.id and a.type = 'wa_id' and a.value = substr(told.phone, 2))
$$;
