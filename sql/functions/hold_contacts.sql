-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Holds who takes part in something, so that nobody finds that nothing of theirs is left; false where somebody is gone. Before
-- any contact is changed. Index: contacts primary key. Lock: the contacts, `for key share`.
create or replace function hold_contacts(persons ingest_person[], contacts_of uuid[]) returns boolean language plpgsql as $$
begin
  perform 1 from contacts c join (select distinct p.tenant_id, contacts_of[p.n] as id from unnest(persons) p) x
    on x.tenant_id = c.tenant_id and x.id = c.id
  order by c.tenant_id, c.id for key share of c;
  return not exists (select from unnest(persons) p join contacts c on c.tenant_id = p.tenant_id and c.id = contacts_of[p.n]
    where c.merged_into is not null);
end
$$;
