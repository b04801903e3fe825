-- Cut from migrations/0050_follow_merges_and_repeats.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Who a contact has become by merges; itself where it stands, is erased, which leads to itself, or is nobody.
-- Index: contacts primary key.
create or replace function surviving_contact(tenant uuid, contact uuid) returns uuid language sql stable as $$
  with recursive path as (
    select c.id, c.merged_into, 0 as step from contacts c where c.tenant_id = tenant and c.id = contact
    union all
    select c.id, c.merged_into, p.step + 1 from path p join contacts c on c.tenant_id = tenant and c.id = p.merged_into
      where p.merged_into <> p.id
  )
  select coalesce((select p.id from path p order by p.step desc limit 1), contact)
$$;
