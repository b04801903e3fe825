-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whether who says something of a message is whose it is: they are one, or were when it came, through however many merges. What
-- came while they were one stays with one of them when that is undone. Index: contact_merges primary key by its tenant.
create or replace function is_or_was(tenant uuid, said uuid, contact uuid, came timestamptz) returns boolean language sql stable as $$
  select said = contact or exists (
    with recursive whole as (
      select x as part, x as id from unnest(array[said, contact]) x
      union
      select w.part, g.into_contact_id from whole w join contact_merges g on g.tenant_id = tenant and g.from_contact_id = w.id
        and (g.undone_at is null or came >= g.merged_at and came < g.undone_at))
    select from whole one join whole other on other.id = one.id where one.part = said and other.part = contact)
$$;
