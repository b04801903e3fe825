-- Cut from migrations/0028_search_newest_first.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Contacts by a part of their name or of a number; a merged one as what it has become. `cap` times 20 hits of each are looked
-- at. Indexes, each as a bitmap, because a plan for few rows of many may read a tenant's whole primary key:
-- contacts_by_name, or contacts_by_letters where three ASCII letters in a row are missing; contact_addresses_by_value. No locks.
create or replace function search_contacts(q text, cap int) returns setof uuid language sql stable
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set enable_indexscan = off
  set max_parallel_workers_per_gather = 0
as $$
  with recursive named as (
    ((select c.id, c.merged_into from contacts c
      where lower(q) ~ '[a-z0-9]{3}' and c.tenant_id = session_tenant()
        and lower(c.display_name) like (select telling_part(q)) and strpos(lower(c.display_name), lower(q)) > 0
      limit cap * 20)
    union all
    (select c.id, c.merged_into from contacts c
      where lower(q) !~ '[a-z0-9]{3}' and c.tenant_id = session_tenant()
        and letters_of(lower(c.display_name)) @> array(
          select l from unnest(letters_of(lower(q))) l where length(l) = least(2, length(q)))
        and strpos(lower(c.display_name), lower(q)) > 0
      limit cap * 20))
    union
    select c.id, c.merged_into from named n join contacts c on c.tenant_id = session_tenant() and c.id = n.merged_into
    where n.merged_into is not null
  )
  select n.id from named n
  union
  -- The end of a number tells most of it; its country and area are those of many.
  (select a.contact_id from contact_addresses a
   where a.tenant_id = session_tenant() and a.value like (select '%' || right(searched_digits(q), 8) || '%')
     and strpos(a.value, (select searched_digits(q))) > 0 limit cap * 20)
$$;
