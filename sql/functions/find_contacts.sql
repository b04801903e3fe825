-- Cut from migrations/0025_look_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The contact of every person, by any of its addresses, the first listed first. Null where nobody has one.
-- Index: contact_addresses primary key.
create or replace function find_contacts(persons ingest_person[]) returns uuid[] language plpgsql stable as $$
begin
  return array(
    select (select ca.contact_id from unnest(p.addresses) a
      join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
      where a.link is not true order by a.ord limit 1)
    from unnest(persons) p order by p.n);
end
$$;
