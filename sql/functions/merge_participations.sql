-- Cut from migrations/0021_merge_in_groups.sql by scripts/dump-schema.mjs: change it by a new migration.

-- After merge_contacts has moved what is the contact's own: what still names it is elsewhere.
create or replace function merge_participations(tenant uuid, merge uuid) returns void language plpgsql as $$
declare
  v_merge contact_merges;
begin
  select * into strict v_merge from contact_merges g where g.tenant_id = tenant and g.id = merge;
  insert into merged_participations (tenant_id, merge_id, message_id, part)
    select tenant, merge, m.id, 'author' from messages m
      where m.tenant_id = tenant and m.author_id = v_merge.from_contact_id and m.author_name is not null
    union all
    select tenant, merge, r.message_id, 'reaction' from reactions r
      where r.tenant_id = tenant and r.by_type = 'contact' and r.by_id = v_merge.from_contact_id
        and not exists (select 1 from reactions o where o.tenant_id = tenant and o.message_id = r.message_id
          and o.by_type = 'contact' and o.by_id = v_merge.into_contact_id)
    union all
    select tenant, merge, v.message_id, 'vote' from poll_votes v
      where v.tenant_id = tenant and v.by_type = 'contact' and v.by_id = v_merge.from_contact_id
        and not exists (select 1 from poll_votes o where o.tenant_id = tenant and o.message_id = v.message_id
          and o.by_type = 'contact' and o.by_id = v_merge.into_contact_id);
  perform give_participations(v_merge, v_merge.from_contact_id, v_merge.into_contact_id);
end
$$;
