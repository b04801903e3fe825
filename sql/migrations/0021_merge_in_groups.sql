-- safe: indexes, a table, functions that do more; the running release calls them as before.
-- What a contact said, chose and reacted in groups goes along when it is merged, and comes back; and it is found by its name.

-- Who wrote a message in a group has its name beside it.
create index messages_by_participant on messages (tenant_id, author_id) where author_name is not null;
create index reactions_by_contact on reactions (tenant_id, by_id) where by_type = 'contact';
create index poll_votes_by_contact on poll_votes (tenant_id, by_id) where by_type = 'contact';

-- Which messages of others' threads a merge has changed, and in what: an undo puts back these.
create table merged_participations (
  tenant_id uuid not null,
  merge_id uuid not null,
  message_id uuid not null,
  part text not null check (part in ('author', 'reaction', 'vote')),
  primary key (tenant_id, merge_id, message_id, part),
  foreign key (tenant_id, merge_id) references contact_merges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
create index merged_participations_by_message on merged_participations (tenant_id, message_id);
alter table merged_participations enable row level security;
create policy own_tenant on merged_participations to hunfly_app using (tenant_id = (select session_tenant()))
  with check (tenant_id = (select session_tenant()));
grant select, insert, delete on merged_participations to hunfly_app;

-- Threads that are theirs, and those where they take part. Index: threads_contact_key, messages_by_participant,
-- reactions_by_contact, poll_votes_by_contact.
create function threads_with(tenant uuid, contact_ids uuid[]) returns setof uuid language sql stable as $$
  select t.id from threads t where t.tenant_id = tenant and t.contact_id = any (contact_ids)
  union
  select m.thread_id from messages m where m.tenant_id = tenant and m.author_id = any (contact_ids) and m.author_name is not null
  union
  select m.thread_id from reactions r join messages m on m.tenant_id = r.tenant_id and m.id = r.message_id
    where r.tenant_id = tenant and r.by_type = 'contact' and r.by_id = any (contact_ids)
  union
  select m.thread_id from poll_votes v join messages m on m.tenant_id = v.tenant_id and m.id = v.message_id
    where v.tenant_id = tenant and v.by_type = 'contact' and v.by_id = any (contact_ids)
$$;

-- Gives what is written down for a merge to the other contact. A reaction or vote that both have on one message stays
-- with each. The threads are locked.
create function give_participations(merge contact_merges, from_contact uuid, to_contact uuid) returns void language plpgsql as $$
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

-- After merge_contacts has moved what is the contact's own: what still names it is elsewhere.
create function merge_participations(tenant uuid, merge uuid) returns void language plpgsql as $$
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

-- A contact that was merged is found by its name as the one it has become.
create or replace function search_threads(q text, cap int) returns setof uuid
language sql stable security definer set search_path = public as $$
  with recursive named as (
    select c.id, c.merged_into from contacts c
    where c.tenant_id = session_tenant() and lower(c.display_name) like '%' || lower(like_escape(q)) || '%'
    union
    select c.id, c.merged_into from named n join contacts c on c.tenant_id = session_tenant() and c.id = n.merged_into
  )
  select t.id from threads t
  where t.tenant_id = session_tenant() and t.contact_id in (
    select n.id from named n
    union
    select a.contact_id from contact_addresses a
    where a.tenant_id = session_tenant() and length(regexp_replace(q, '\D', '', 'g')) >= 3
      and a.value like '%' || regexp_replace(q, '\D', '', 'g') || '%')
  union
  select m.thread_id from (
    select thread_id from messages
    where tenant_id = session_tenant() and to_tsvector('simple', coalesce(text, '')) @@ prefix_query(q) limit cap * 20) m
$$;
