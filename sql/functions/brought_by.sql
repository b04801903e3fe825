-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The merges, not undone, by which one of these addresses has become this contact's. Index: contact_merges_standing. Lock:
-- `for key share`, so that none goes with an erasure before what is noted of it is stored.
create or replace function brought_by(tenant uuid, contact uuid, addresses ingest_address[]) returns setof uuid language sql as $$
  select g.id from contact_merges g
  where g.tenant_id = tenant and g.into_contact_id = any (with_merged(tenant, array[contact])) and g.undone_at is null
    and exists (select from json_to_recordset(g.before->'addresses') as b (type text, key text)
      join unnest(addresses) a on a.type = b.type and a.key = b.key and a.link is not true)
  order by g.id for key share of g
$$;
