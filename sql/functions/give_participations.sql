-- Cut from migrations/0021_merge_in_groups.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Gives what is written down for a merge to the other contact. A reaction or vote that both have on one message stays
-- with each. The threads are locked.
create or replace function give_participations(merge contact_merges, from_contact uuid, to_contact uuid) returns void language plpgsql as $$
begin
  update messages m set author_id = to_contact from merged_participations p
    where p.tenant_id = merge.tenant_id and p.merge_id = merge.id and p.part = 'author'
      and m.tenant_id = p.tenant_id and m.id = p.message_id and m.author_id = from_contact;
  update reactions r set by_id = to_contact from merged_participations p
    where p.tenant_id = merge.tenant_id and p.merge_id = merge.id and p.part = 'reaction'
      and r.tenant_id = p.tenant_id and r.message_id = p.message_id and r.by_type = 'contact' and r.by_id = from_contact
      and not exists (select 1 from reactions o where o.tenant_id = r.tenant_id and o.message_id = r.message_id
        and o.by_type = 'contact' and o.by_id = to_contact);
  update poll_votes v set by_id = to_contact from merged_participations p
    where p.tenant_id = merge.tenant_id and p.merge_id = merge.id and p.part = 'vote'
      and v.tenant_id = p.tenant_id and v.message_id = p.message_id and v.by_type = 'contact' and v.by_id = from_contact
      and not exists (select 1 from poll_votes o where o.tenant_id = v.tenant_id and o.message_id = v.message_id
        and o.by_type = 'contact' and o.by_id = to_contact);
  update messages m set version = m.version + 1
    where m.tenant_id = merge.tenant_id and m.id in (
      select p.message_id from merged_participations p where p.tenant_id = merge.tenant_id and p.merge_id = merge.id);
end
$$;
