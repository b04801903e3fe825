-- Cut from migrations/0031_take_one_arrival.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The contact of a person who has all of these addresses or tells nothing new by them; `plain` is false where the person
-- has only some of them, or looks different by what is told. Index: contact_addresses and contacts primary keys. No locks.
create or replace function known_contact(p ingest_person, out contact uuid, out plain boolean) language plpgsql stable as $$
declare
  v_told boolean;
begin
  select ca.contact_id, p.name <> c.display_name and (c.named_at is null or c.named_at < ms(p.named_at_ms))
      or p.phone is not null and c.phone is null
    into contact, v_told
    from contact_addresses ca join contacts c on c.tenant_id = ca.tenant_id and c.id = ca.contact_id
    where ca.tenant_id = p.tenant_id and ca.type = (p.addresses[1]).type and ca.match_key = (p.addresses[1]).key;
  plain := v_told is not true and (cardinality(p.addresses) = 1 or not exists (
    select 1 from unnest(p.addresses[2:]) a left join contact_addresses ca
      on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    where (ca.contact_id is null) <> (contact is null)));
end
$$;
