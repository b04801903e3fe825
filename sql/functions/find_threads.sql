-- Cut from migrations/0025_look_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The threads of parties, null where there is none yet. Index: threads_contact_key.
create or replace function find_threads(parties ingest_party[], contacts_of uuid[]) returns uuid[] language plpgsql stable as $$
begin
  return array(
    select (select t.id from threads t where t.tenant_id = p.tenant_id and t.contact_id = contacts_of[p.person]
      and t.account_id = p.account_id)
    from unnest(parties) p order by p.n);
end
$$;
