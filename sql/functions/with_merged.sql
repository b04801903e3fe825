-- Cut from migrations/0049_keep_for_a_term.sql by scripts/dump-schema.mjs: change it by a new migration.

-- These contacts and those that were merged into them. Index: contact_merges_standing. No locks.
create or replace function with_merged(tenant uuid, ids uuid[]) returns uuid[] language sql stable as $$
  with recursive parts as (
    select unnest(ids) as id
    union select g.from_contact_id from parts p join contact_merges g on g.tenant_id = tenant and g.into_contact_id = p.id
      and g.undone_at is null)
  select array(select id from parts)
$$;
