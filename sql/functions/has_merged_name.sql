-- Cut from migrations/0028_search_newest_first.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether a contact that has become this one, in whatever steps, was called so. Indexes: contact_merges_standing, contacts
-- primary key; the planner would join both tables as a whole. No locks.
create or replace function has_merged_name(tenant uuid, contact uuid, q text) returns boolean language sql stable
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off
as $$
  with recursive merged as (
    select contact as id
    union
    select g.from_contact_id from merged m
    join contact_merges g on g.tenant_id = tenant and g.into_contact_id = m.id and g.undone_at is null
  )
  select exists (select from merged m join contacts c on c.tenant_id = tenant and c.id = m.id
    where strpos(lower(c.display_name), lower(q)) > 0)
$$;
