-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Newcomers whom nothing names but copies of what is stored already are nobody after all: no conversation would lead to them, and
-- an address that may be another's, as that of a copy of our own send, would be theirs for good. `heard` are the numbers of who
-- says something besides. Returns the contacts of all persons, null for these. Index: contacts primary key, threads_contact_key.
create or replace function forget_unheard(made uuid[], parties ingest_party[], threads_of uuid[], heard int[], contacts_of uuid[])
returns uuid[] language plpgsql as $$
declare
  v_gone uuid[];
begin
  select array_agg(distinct contacts_of[p.person]) into v_gone from unnest(parties) p
    where contacts_of[p.person] = any (made) and threads_of[p.n] is null and p.person <> all (heard)
      and not exists (select from threads t where t.tenant_id = p.tenant_id and t.contact_id = contacts_of[p.person]);
  if v_gone is null then return contacts_of; end if;
  delete from contacts c using unnest(parties) p
    where c.tenant_id = p.tenant_id and c.id = contacts_of[p.person] and c.id = any (v_gone);
  return array(select case when c.id <> all (v_gone) then c.id end from unnest(contacts_of) with ordinality as c (id, n) order by c.n);
end
$$;
