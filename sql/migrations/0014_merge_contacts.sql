-- safe: two new tables, a nullable column, functions, one view with more in it.
-- Two contacts that are one person become one on somebody's word, and can be taken apart again.

-- `before` is what an undo puts back: addresses by type and key, the surviving contact's number, and of every thread that
-- was folded into another both rows as they were, with the ids of its notes. `moved` are threads that changed their owner.
create table contact_merges (
  tenant_id uuid not null,
  id uuid not null,
  from_contact_id uuid not null,
  into_contact_id uuid not null,
  merged_by uuid not null,
  merged_at timestamptz not null default now(),
  before json not null,
  undone_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, from_contact_id) references contacts (tenant_id, id) on delete cascade,
  foreign key (tenant_id, into_contact_id) references contacts (tenant_id, id) on delete cascade
);
create index contact_merges_standing on contact_merges (tenant_id, into_contact_id) where undone_at is null;

-- Which messages a merge took out of which thread.
create table merged_messages (
  tenant_id uuid not null,
  merge_id uuid not null,
  message_id uuid not null,
  thread_id uuid not null,
  primary key (tenant_id, merge_id, message_id),
  foreign key (tenant_id, merge_id) references contact_merges (tenant_id, id) on delete cascade,
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
create index merged_messages_by_message on merged_messages (tenant_id, message_id);

-- A contact that was merged has no address and no thread; nobody can be found as it.
alter table contacts add column merged_into uuid;

do $$
declare name text;
begin
  foreach name in array array['contact_merges', 'merged_messages'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy own_tenant on %I to hunfly_app using (tenant_id = (select session_tenant())) '
      'with check (tenant_id = (select session_tenant()))', name);
  end loop;
end
$$;
grant select, insert, update on contact_merges to hunfly_app;
grant select, insert, delete on merged_messages to hunfly_app;
grant delete on threads to hunfly_app;
grant update on notes, poll_votes to hunfly_app;
grant select, update on reaction_sends to hunfly_app;

create or replace view contact_entities with (security_invoker = true) as
  select c.tenant_id, c.id, json_build_object(
    'id', c.id, 'displayName', c.display_name, 'phone', c.phone, 'marketingConsent', c.marketing_consent,
    'merges', coalesce((
      select json_agg(json_build_object('id', g.id, 'displayName', f.display_name, 'at', iso(g.merged_at)) order by g.merged_at, g.id)
      from contact_merges g join contacts f on f.tenant_id = g.tenant_id and f.id = g.from_contact_id
      where g.tenant_id = c.tenant_id and g.into_contact_id = c.id and g.undone_at is null), '[]'::json),
    'addresses', coalesce((
      select json_agg(json_build_object('type', a.type, 'value', a.value) order by a.created_at, a.type, a.value)
      from contact_addresses a where a.tenant_id = c.tenant_id and a.contact_id = c.id), '[]'::json)) as entity
  from contacts c;

-- What its messages say about a thread: unread, last message. The row is locked. Index: messages_unread,
-- messages_by_thread.
create function recount_thread(tenant uuid, thread uuid) returns void language sql as $$
  update threads t set version = t.version + 1,
    unread_count = (select count(*) from messages m where m.tenant_id = tenant and m.thread_id = thread and m.unread),
    (last_message_id, last_position) = (select m.id, m.position from messages m
      where m.tenant_id = tenant and m.thread_id = thread order by m.position desc limit 1)
  where t.tenant_id = tenant and t.id = thread
$$;

-- Everything of these messages that names a contact or a thread. The threads are locked. A reaction or vote that both
-- contacts have on one message stays with each. Index: primary keys of messages, reactions, poll_votes, media;
-- reaction_sends_by_message.
create function hand_over_messages(tenant uuid, ids uuid[], to_thread uuid, from_contact uuid, to_contact uuid) returns void
language plpgsql as $$
begin
  -- A carrier's id that is unique within a chat goes along, unless the other chat has the very same message.
  update messages m set thread_id = to_thread, version = m.version + 1,
      author_id = case when m.author_type = 'contact' and m.author_id = from_contact then to_contact else m.author_id end,
      provider_scope = case when m.provider_scope = '' or exists (select 1 from messages o where o.tenant_id = tenant
          and o.account_id = m.account_id and o.direction = m.direction and o.provider_message_id = m.provider_message_id
          and o.provider_scope = to_thread::text) then m.provider_scope else to_thread::text end
    where m.tenant_id = tenant and m.id = any (ids);
  update reactions r set by_id = to_contact
    where r.tenant_id = tenant and r.message_id = any (ids) and r.by_type = 'contact' and r.by_id = from_contact
      and not exists (select 1 from reactions o where o.tenant_id = tenant and o.message_id = r.message_id
        and o.by_type = 'contact' and o.by_id = to_contact);
  update poll_votes v set by_id = to_contact
    where v.tenant_id = tenant and v.message_id = any (ids) and v.by_type = 'contact' and v.by_id = from_contact
      and not exists (select 1 from poll_votes o where o.tenant_id = tenant and o.message_id = v.message_id
        and o.by_type = 'contact' and o.by_id = to_contact);
  update media f set thread_id = to_thread from messages m
    where m.tenant_id = tenant and m.id = any (ids) and f.tenant_id = tenant and f.id = m.media_id;
  update reaction_sends s set thread_id = to_thread where s.tenant_id = tenant and s.message_id = any (ids);
end
$$;

-- Puts one thread's messages and notes into another of the same number. Both rows are locked. Position, ids and unread
-- flags stay. Open if either is; tags and the later window of both; answers go where the later one's did.
create function fold_thread(merge contact_merges, source threads, target threads) returns void language plpgsql as $$
declare
  v_ids uuid[] := array(select m.id from messages m where m.tenant_id = source.tenant_id and m.thread_id = source.id);
  v_later threads := case when source.last_activity_at > target.last_activity_at then source else target end;
begin
  insert into merged_messages (tenant_id, merge_id, message_id, thread_id)
    select merge.tenant_id, merge.id, u.id, source.id from unnest(v_ids) as u (id);
  perform hand_over_messages(merge.tenant_id, v_ids, target.id, merge.from_contact_id, merge.into_contact_id);
  update notes n set thread_id = target.id where n.tenant_id = merge.tenant_id and n.thread_id = source.id;
  update threads t set
      status = case when 'open' in (source.status, target.status) then 'open' else t.status end,
      snoozed_until = case when 'open' in (source.status, target.status) then null else t.snoozed_until end,
      assignee_id = coalesce(t.assignee_id, source.assignee_id),
      tags = array(select distinct tag from unnest(target.tags || source.tags) tag order by tag),
      window_expires_at = greatest(t.window_expires_at, source.window_expires_at),
      last_activity_at = v_later.last_activity_at, reply_type = v_later.reply_type, reply_value = v_later.reply_value
    where t.tenant_id = merge.tenant_id and t.id = target.id;
  perform recount_thread(merge.tenant_id, target.id);
  delete from threads t where t.tenant_id = merge.tenant_id and t.id = source.id;
end
$$;

-- Gives the threads and addresses of one contact to another. Both contacts and all their threads are locked, nothing of
-- theirs is on its way to the carrier. Index: contact_addresses_by_contact, threads_contact_key.
create function merge_contacts(tenant uuid, merge uuid, source_contact uuid, target_contact uuid, member uuid) returns void
language plpgsql as $$
declare
  v_merge contact_merges;
  v_pair record;
begin
  insert into contact_merges (tenant_id, id, from_contact_id, into_contact_id, merged_by, before)
    select tenant, merge, source_contact, target_contact, member, json_build_object(
      'phone', c.phone, 'consent', c.marketing_consent, 'consentAt', c.marketing_consent_at,
      'addresses', (select coalesce(json_agg(json_build_object('type', a.type, 'key', a.match_key)), '[]')
        from contact_addresses a where a.tenant_id = tenant and a.contact_id = source_contact),
      'folded', (select coalesce(json_agg(json_build_object('source', s, 'target', t, 'notes',
          array(select n.id from notes n where n.tenant_id = tenant and n.thread_id = s.id))), '[]')
        from threads s join threads t on t.tenant_id = tenant and t.contact_id = target_contact and t.account_id = s.account_id
        where s.tenant_id = tenant and s.contact_id = source_contact),
      'moved', (select coalesce(json_agg(s.id), '[]') from threads s
        where s.tenant_id = tenant and s.contact_id = source_contact and not exists (select 1 from threads t
          where t.tenant_id = tenant and t.contact_id = target_contact and t.account_id = s.account_id)))
    from contacts c where c.tenant_id = tenant and c.id = target_contact
    returning * into v_merge;
  for v_pair in
    select s as source, t as target from threads s
      join threads t on t.tenant_id = tenant and t.contact_id = target_contact and t.account_id = s.account_id
    where s.tenant_id = tenant and s.contact_id = source_contact order by s.id
  loop
    perform fold_thread(v_merge, v_pair.source, v_pair.target);
  end loop;
  -- Threads that stay as they are belong to somebody else, and so do the messages that this person wrote in them.
  perform hand_over_authors(tenant, t.id, source_contact, target_contact) from threads t
    where t.tenant_id = tenant and t.contact_id = source_contact;
  update threads t set contact_id = target_contact where t.tenant_id = tenant and t.contact_id = source_contact;
  update contact_addresses a set contact_id = target_contact where a.tenant_id = tenant and a.contact_id = source_contact;
  update contacts c set merged_into = target_contact, version = c.version + 1 where c.tenant_id = tenant and c.id = source_contact;
  update contacts c set version = c.version + 1, phone = coalesce(c.phone, s.phone),
      marketing_consent = case when s.marketing_consent_at > coalesce(c.marketing_consent_at, '-infinity')
        then s.marketing_consent else c.marketing_consent end,
      marketing_consent_at = greatest(c.marketing_consent_at, s.marketing_consent_at)
    from contacts s where c.tenant_id = tenant and c.id = target_contact and s.tenant_id = tenant and s.id = source_contact;
  update threads t set version = t.version + 1 where t.tenant_id = tenant and t.contact_id = target_contact;
end
$$;

-- The messages of a whole thread change their author with it.
create function hand_over_authors(tenant uuid, thread uuid, from_contact uuid, to_contact uuid) returns void language sql as $$
  select hand_over_messages(tenant, array(select m.id from messages m where m.tenant_id = tenant and m.thread_id = thread),
    thread, from_contact, to_contact)
$$;

-- Takes a folded thread out of the other again: its own messages and notes, as they are by now. What came after the merge
-- stays. The surviving thread gets back what the merge gave it, where nobody has changed it since.
create function unfold_thread(merge contact_merges, source threads, target threads, note_ids uuid[]) returns void language plpgsql as $$
declare
  v_ids uuid[] := array(select m.message_id from merged_messages m
    where m.tenant_id = merge.tenant_id and m.merge_id = merge.id and m.thread_id = source.id);
  v_status text := case when 'open' in (source.status, target.status) then 'open' else target.status end;
begin
  source.version := source.version + 1;
  source.last_message_id := null;
  source.last_position := null;
  insert into threads select (source).*;
  perform hand_over_messages(merge.tenant_id, v_ids, source.id, merge.into_contact_id, merge.from_contact_id);
  delete from merged_messages m where m.tenant_id = merge.tenant_id and m.merge_id = merge.id and m.thread_id = source.id;
  update notes n set thread_id = source.id where n.tenant_id = merge.tenant_id and n.id = any (note_ids);
  update threads t set
      status = case when t.status = v_status then target.status else t.status end,
      snoozed_until = case when t.status = v_status then target.snoozed_until else t.snoozed_until end,
      assignee_id = case when target.assignee_id is null and t.assignee_id = source.assignee_id then null else t.assignee_id end,
      tags = array(select tag from unnest(t.tags) tag where tag = any (target.tags) or tag <> all (source.tags) order by tag),
      window_expires_at = case when later.inbound then t.window_expires_at else target.window_expires_at end,
      last_activity_at = greatest(target.last_activity_at, later.at),
      reply_type = case when later.inbound then t.reply_type else target.reply_type end,
      reply_value = case when later.inbound then t.reply_value else target.reply_value end
    from (select coalesce(bool_or(m.direction = 'inbound'), false) as inbound, max(m.sent_at) as at from messages m
      where m.tenant_id = merge.tenant_id and m.thread_id = target.id and not m.history and m.received_at >= merge.merged_at) later
    where t.tenant_id = merge.tenant_id and t.id = target.id;
  perform recount_thread(merge.tenant_id, source.id);
  perform recount_thread(merge.tenant_id, target.id);
end
$$;

-- Undoes a merge. Both contacts and the threads of the surviving one are locked. Index: contact_addresses primary key.
create function unmerge_contacts(merge contact_merges) returns void language plpgsql as $$
declare
  v_folded record;
begin
  update contacts c set merged_into = null, version = c.version + 1
    where c.tenant_id = merge.tenant_id and c.id = merge.from_contact_id;
  update contacts c set version = c.version + 1,
      phone = case when c.phone = s.phone then merge.before->>'phone' else c.phone end,
      marketing_consent = case when c.marketing_consent_at = s.marketing_consent_at then merge.before->>'consent' else c.marketing_consent end,
      marketing_consent_at = case when c.marketing_consent_at = s.marketing_consent_at
        then (merge.before->>'consentAt')::timestamptz else c.marketing_consent_at end
    from contacts s
    where c.tenant_id = merge.tenant_id and c.id = merge.into_contact_id and s.tenant_id = merge.tenant_id and s.id = merge.from_contact_id;
  update contact_addresses a set contact_id = merge.from_contact_id
    from json_to_recordset(merge.before->'addresses') as b (type text, key text)
    where a.tenant_id = merge.tenant_id and a.type = b.type and a.match_key = b.key and a.contact_id = merge.into_contact_id;
  for v_folded in
    select json_populate_record(null::threads, f.value->'source') as source, json_populate_record(null::threads, f.value->'target') as target,
      array(select n.id::uuid from json_array_elements_text(f.value->'notes') as n (id)) as notes
    from json_array_elements(merge.before->'folded') as f (value)
  loop
    perform unfold_thread(merge, v_folded.source, v_folded.target, v_folded.notes);
  end loop;
  perform hand_over_authors(merge.tenant_id, m.id::uuid, merge.into_contact_id, merge.from_contact_id)
    from json_array_elements_text(merge.before->'moved') as m (id);
  update threads t set contact_id = merge.from_contact_id, version = t.version + 1
    from json_array_elements_text(merge.before->'moved') as m (id)
    where t.tenant_id = merge.tenant_id and t.id = m.id::uuid and t.contact_id = merge.into_contact_id;
  update threads t set version = t.version + 1 where t.tenant_id = merge.tenant_id and t.contact_id = merge.into_contact_id;
  update contact_merges m set undone_at = now() where m.tenant_id = merge.tenant_id and m.id = merge.id;
end
$$;

-- Locks every thread that the batch can change, in id order: those of new messages, those of messages that an item is
-- about, and those of contacts that look different. Whoever was merged away since the batch looked for them makes the
-- batch begin anew (40001): it finds the contact that has their addresses now.
create or replace function lock_threads(parties ingest_party[], threads_of uuid[], targets ingest_target[], statuses ingest_status[], renamed row_key[])
returns void language plpgsql as $$
begin
  if cardinality(targets) + cardinality(renamed) = 0 then
    perform 1 from threads t join (select distinct p.tenant_id, threads_of[p.n] as id from unnest(parties) p) w
      on w.tenant_id = t.tenant_id and w.id = t.id
      order by t.tenant_id, t.id for no key update of t;
  else
    perform 1 from threads t join (
      select p.tenant_id, threads_of[p.n] as id from unnest(parties) p
      union select m.tenant_id, m.thread_id from unnest(targets) x
        join messages m on m.tenant_id = x.tenant_id and m.account_id = x.account_id
          and m.direction in ('inbound', 'outbound') and m.provider_message_id = x.target_id
      union select m.tenant_id, m.thread_id from unnest(statuses) s
        join messages m on m.tenant_id = s.tenant_id and m.id = s.client_ref
      union select th.tenant_id, th.id from unnest(renamed) k join threads th on th.tenant_id = k.tenant_id and th.contact_id = k.id) w
      on w.tenant_id = t.tenant_id and w.id = t.id
    order by t.tenant_id, t.id for no key update of t;
  end if;
  if exists (select 1 from unnest(parties) p
      left join threads t on t.tenant_id = p.tenant_id and t.id = threads_of[p.n]
      left join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
      where threads_of[p.n] is not null and (t.id is null or c.merged_into is not null)) then
    raise exception 'a contact was merged meanwhile' using errcode = '40001';
  end if;
end
$$;
