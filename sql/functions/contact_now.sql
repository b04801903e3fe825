-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Who has one of these addresses now, the first listed first; null where nobody has. The release before has kept no addresses,
-- but the contact: who that has become. Index: contact_addresses and contacts primary keys.
create or replace function contact_now(tenant uuid, addresses ingest_address[], contact uuid) returns uuid language sql stable as $$
  select case when addresses is null then surviving_contact(tenant, contact) else (
    select ca.contact_id from unnest(addresses) a
      join contact_addresses ca on ca.tenant_id = tenant and ca.type = a.type and ca.match_key = a.key
      where a.link is not true order by a.ord limit 1) end
$$;
