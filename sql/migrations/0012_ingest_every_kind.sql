-- safe: a new table, nullable columns, functions; messages_provider_key is rebuilt with one more column at its end.
-- Polls, votes, system notices, consent, files of a backlog, authors of groups; identity without silent merges.

-- What each person chooses now; an empty list is a vote taken back. The row stays, so that a late older vote is not one.
create table poll_votes (
  tenant_id uuid not null,
  message_id uuid not null,
  by_type text not null check (by_type in ('contact', 'member')),
  by_id uuid not null,
  options text[] not null,
  at timestamptz not null,
  primary key (tenant_id, message_id, by_type, by_id),
  foreign key (tenant_id, message_id) references messages (tenant_id, id) on delete cascade
);
alter table poll_votes enable row level security;
create policy own_tenant on poll_votes to hunfly_app using (tenant_id = (select session_tenant()))
  with check (tenant_id = (select session_tenant()));
grant select on poll_votes to hunfly_app;

-- What the customer last told the carrier about marketing messages, and when.
alter table contacts add column marketing_consent text check (marketing_consent in ('granted', 'withdrawn')),
  add column marketing_consent_at timestamptz;

-- `author_name`: of a group's participant, as it was then. `provider_scope`: the thread, where the carrier lets senders
-- choose ids that are unique within a chat only; else empty.
alter table messages add column author_name text, add column provider_scope text not null default '';
drop index messages_provider_key;
create unique index messages_provider_key on messages (tenant_id, account_id, direction, provider_message_id, provider_scope)
  where provider_message_id is not null;

alter table parked drop constraint parked_kind_check,
  add constraint parked_kind_check check (kind in ('status', 'reaction', 'edit', 'revoke', 'vote', 'file'));

-- A person who is only told about (`known_only`) is not made a contact; `new_phone` is the number they changed to.
alter type ingest_person add attribute known_only boolean, add attribute new_phone text,
  add attribute consent text, add attribute consent_at_ms bigint;
-- `link`: an address that the person has from now on. It finds nobody, and is taken only if nobody has it.
alter type ingest_address add attribute link boolean;
alter type ingest_message add attribute id_within_chat boolean;
-- Contact of the chat in which the target must stand; null where ids are unique anyway.
alter type ingest_reaction add attribute chat int, add attribute chat_id uuid;
alter type ingest_edit add attribute sender int, add attribute author_id uuid;
create type ingest_vote as (
  tenant_id uuid, account_id uuid, target_id text, by_type text, by_id uuid, person int, options text[], at_ms bigint,
  received_ms bigint, chat int, chat_id uuid
);
-- The file of a placeholder that an earlier backlog brought.
create type ingest_file as (tenant_id uuid, account_id uuid, target_id text, kind text, text text, media json);
-- A message of the carrier that an item is about.
create type ingest_target as (tenant_id uuid, account_id uuid, target_id text);

-- The poll as it is shown: options with the number of people who choose them now. Index: poll_votes primary key.
create function poll_content(tenant uuid, message uuid, content json) returns json language sql stable as $$
  select (content::jsonb || jsonb_build_object('poll', jsonb_build_object(
    'question', coalesce(content->'poll'->>'question', ''),
    'options', coalesce((
      select jsonb_agg(jsonb_build_object('name', coalesce(o.name, ''), 'votes', (
        select count(*) from poll_votes v where v.tenant_id = tenant and v.message_id = message and o.name = any (v.options)))
        order by o.ord)
      from json_array_elements_text(content->'poll'->'options') with ordinality o (name, ord)), '[]'),
    'multiple', coalesce((content->'poll'->>'selectable')::numeric <> 1, true))))::json
$$;

create or replace view contact_entities with (security_invoker = true) as
  select c.tenant_id, c.id, json_build_object(
    'id', c.id, 'displayName', c.display_name, 'phone', c.phone, 'marketingConsent', c.marketing_consent,
    'addresses', coalesce((
      select json_agg(json_build_object('type', a.type, 'value', a.value) order by a.created_at, a.type, a.value)
      from contact_addresses a where a.tenant_id = c.tenant_id and a.contact_id = c.id), '[]'::json)) as entity
  from contacts c;

create or replace view message_entities with (security_invoker = true) as
  select m.tenant_id, m.id, (left(json_build_object(
    'id', m.id, 'threadId', m.thread_id, 'accountId', m.account_id, 'direction', m.direction, 'kind', m.kind,
    'text', case when m.revoked_at is null then m.text end,
    'media', case when m.revoked_at is null and m.media_id is not null then (
      select f.entity from media_entities f where f.tenant_id = m.tenant_id and f.id = m.media_id) end,
    'replyTo', case when m.reply_provider_id is not null or m.reply_message_id is not null
      then json_build_object('messageId', m.reply_message_id, 'providerMessageId', m.reply_provider_id) end,
    'reactions', coalesce((
      select json_agg(json_build_object('emoji', r.emoji, 'by', json_build_object('type', r.by_type, 'id', r.by_id))
                      order by r.at, r.by_id)
      from reactions r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.emoji is not null), '[]'::json),
    'status', m.status,
    'statusAt', json_strip_nulls(json_build_object('sent', iso(m.at_sent), 'delivered', iso(m.at_delivered),
      'read', iso(m.at_read), 'played', iso(m.at_played), 'failed', iso(m.at_failed))),
    'error', case when m.status = 'failed' then m.error end,
    'author', json_build_object('type', m.author_type, 'id', m.author_id, 'name', m.author_name),
    'providerMessageId', m.provider_message_id, 'commandId', m.command_id,
    'sentAt', iso(m.sent_at), 'receivedAt', iso(m.received_at), 'position', m.position,
    'editedAt', iso(m.edited_at), 'revokedAt', iso(m.revoked_at), 'version', m.version,
    'forwarded', m.forwarded)::text, -1)
    || case when m.revoked_at is null and m.content is not null then ',' || substr((case when m.kind = 'poll' then poll_content(m.tenant_id, m.id, m.content) else m.content end)::text, 2) else '}' end)::json as entity
  from messages m;

-- The contact of every person, by any of its addresses, the first listed first. Null where nobody has one.
-- Index: contact_addresses primary key.
create or replace function find_contacts(persons ingest_person[]) returns uuid[] language sql stable as $$
  select array_agg(found.contact_id order by p.n)
  from unnest(persons) p left join lateral (
    select ca.contact_id from json_populate_recordset(null::ingest_address, p.addresses) a
    join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    where a.link is not true order by a.ord limit 1) found on true
$$;

-- Finds or creates the contact of every person: ids by person number (1-based), null for unknown ones that are only told
-- about; and contacts that gained an address.
-- Locks: transaction advisory locks on addresses nobody has yet, in key order, so that ten first messages of one
-- person make one contact. An address that belongs to somebody else stays there: nothing merges silently.
drop function resolve_contacts(ingest_person[]);
create function resolve_contacts(persons ingest_person[], out contacts_of uuid[], out gained row_key[]) language plpgsql as $$
declare
  v_complete boolean;
  v_missing bigint[];
  v_known uuid[];
begin
  gained := '{}';
  -- One look is enough where everybody is known by all addresses.
  select array_agg(f.contact_id order by p.n), bool_and(f.complete) into contacts_of, v_complete
  from unnest(persons) p cross join lateral (
    select (array_agg(ca.contact_id order by a.ord) filter (where ca.contact_id is not null and a.link is not true))[1] as contact_id,
      count(*) = count(ca.contact_id) as complete
    from json_populate_recordset(null::ingest_address, p.addresses) a
    left join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key) f;
  if v_complete then return; end if;

  select array_agg(distinct hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1)
                   order by hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1)) into v_missing
  from unnest(persons) p cross join lateral json_populate_recordset(null::ingest_address, p.addresses) a
  where not exists (select 1 from contact_addresses ca
    where ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key);
  perform pg_advisory_xact_lock(k) from unnest(v_missing) k;
  -- Looked up only now: an address that was there above has its contact, and one that was not is locked by us.
  v_known := find_contacts(persons);
  contacts_of := v_known;
  if v_missing is null then return; end if;
  contacts_of := name_newcomers(persons, v_known);
  insert into contacts (tenant_id, id, display_name, named_at, phone)
    select p.tenant_id, contacts_of[p.n], coalesce(p.name, p.phone,
             case when p.addresses->0->>'type' = 'group' then 'WhatsApp group' else 'WhatsApp user' end),
           case when p.name is not null then ms(p.named_at_ms) end, p.phone
    from unnest(persons) p where v_known[p.n] is null and contacts_of[p.n] is not null
    on conflict do nothing;
  with stored as (
    insert into contact_addresses as a (tenant_id, type, match_key, value, contact_id)
      select p.tenant_id, a.type, a.key, a.value, contacts_of[p.n]
      from unnest(persons) p cross join lateral json_populate_recordset(null::ingest_address, p.addresses) a
      where contacts_of[p.n] is not null
      order by a.link is true, 1, 2, 3
      on conflict do nothing
      returning a.tenant_id, a.contact_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.contact_id)::row_key), '{}') into gained
  from stored s where s.contact_id = any (v_known);
end
$$;

-- Ids for persons whom nobody knows yet. Whoever writes from the number that another person of the batch changed to is
-- that person, as they would be in the next batch.
create function name_newcomers(persons ingest_person[], known uuid[]) returns uuid[] language plpgsql as $$
declare
  v_contacts uuid[];
  v_same record;
begin
  v_contacts := array(select coalesce(known[p.n], case when p.known_only is not true then uuidv7() end)
    from unnest(persons) p order by p.n);
  for v_same in
    with addresses as (
      select p.n, p.tenant_id, a.type, a.key, a.link is true as link
      from unnest(persons) p cross join lateral json_populate_recordset(null::ingest_address, p.addresses) a
    )
    select own.n, changed.n as changed_n from addresses changed
    join addresses own on own.tenant_id = changed.tenant_id and own.type = changed.type and own.key = changed.key and not own.link
    where changed.link and own.n <> changed.n and known[own.n] is null
    order by changed.n
  loop
    v_contacts[v_same.n] := v_contacts[v_same.changed_n];
  end loop;
  return v_contacts;
end
$$;

-- What the persons of a batch tell, one row per contact: the latest name, the latest consent, numbers.
create function told_by(persons ingest_person[], contacts_of uuid[])
returns table (tenant_id uuid, id uuid, name text, named_at timestamptz, consent text, consent_at timestamptz, phone text, new_phone text)
language sql stable as $$
  select p.tenant_id, contacts_of[p.n],
    (array_agg(p.name order by p.named_at_ms desc, p.name) filter (where p.name is not null))[1], ms(max(p.named_at_ms)),
    (array_agg(p.consent order by p.consent_at_ms desc, p.consent) filter (where p.consent is not null))[1], ms(max(p.consent_at_ms)),
    min(p.phone), min(p.new_phone)
  from unnest(persons) p where contacts_of[p.n] is not null group by 1, 2
$$;

-- Takes over what people tell about themselves, the latest by the provider's clock: name, number, consent. Returns the
-- contacts that look different now. Locks those that change, in id order. Index: contacts primary key,
-- contact_addresses_by_contact.
drop function rename_contacts(ingest_person[], uuid[]);
create function update_contacts(persons ingest_person[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_stale row_key[];
begin
  select array_agg(row(c.tenant_id, c.id)::row_key) into v_stale
  from told_by(persons, contacts_of) p join contacts c on c.tenant_id = p.tenant_id and c.id = p.id
  where (c.display_name <> p.name and (c.named_at is null or c.named_at < p.named_at))
    or (p.consent is not null and (c.marketing_consent_at is null or c.marketing_consent_at < p.consent_at))
    or ((p.new_phone <> c.phone or c.phone is null) and phone_told(c, p.phone, p.new_phone) is not null);
  if v_stale is null then return '{}'; end if;
  perform 1 from unnest(v_stale) k join contacts c on c.tenant_id = k.tenant_id and c.id = k.id
    order by c.tenant_id, c.id for no key update of c;
  update contacts c set version = c.version + 1,
      display_name = case when p.name is not null and (c.named_at is null or c.named_at < p.named_at) then p.name
        when c.named_at is null then coalesce(phone_told(c, p.phone, p.new_phone), c.display_name) else c.display_name end,
      named_at = greatest(c.named_at, p.named_at),
      phone = coalesce(phone_told(c, p.phone, p.new_phone), c.phone),
      marketing_consent = case when c.marketing_consent_at is null or c.marketing_consent_at < p.consent_at
        then coalesce(p.consent, c.marketing_consent) else c.marketing_consent end,
      marketing_consent_at = greatest(c.marketing_consent_at, p.consent_at)
    from told_by(persons, contacts_of) p join unnest(v_stale) k on k.tenant_id = p.tenant_id and k.id = p.id
    where c.tenant_id = p.tenant_id and c.id = p.id;
  return v_stale;
end
$$;

-- The number that a contact has now: the one they changed to, or the first that is known; only if it is theirs. Null:
-- nothing new.
create function phone_told(c contacts, phone text, new_phone text) returns text language sql stable as $$
  select told.phone from (select case when new_phone <> coalesce(c.phone, '') then new_phone when c.phone is null then phone end as phone) told
  where exists (select 1 from contact_addresses a
    where a.tenant_id = c.tenant_id and a.contact_id = c.id and a.type = 'wa_id' and a.value = substr(told.phone, 2))
$$;

-- Stores new messages; a duplicate stores nothing, but what a backlog brought first becomes live by its live copy.
-- `stored`: those that are new, `promoted`: those of the backlog. Index: messages_provider_key decides.
drop function insert_messages(ingest_message[], uuid[], uuid[]);
create function insert_messages(items ingest_message[], threads_of uuid[], contacts_of uuid[], out stored row_key[], out promoted row_key[])
language plpgsql as $$
begin
  with wanted as (
    select i.*, case when i.id_within_chat and i.direction = 'inbound' then threads_of[i.party]::text else '' end as scope
    from unnest(items) i
    -- No thread was opened for a message that is stored already, under another contact.
    where threads_of[i.party] is not null
  ), single as (
    select distinct on (w.tenant_id, w.account_id, w.direction, w.provider_message_id, w.scope) w.*
    from wanted w order by w.tenant_id, w.account_id, w.direction, w.provider_message_id, w.scope, w.history, w.ord
  ), touched as (
    insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, media_id, content, forwarded,
        reply_provider_id, status, at_sent, author_type, author_id, author_name, provider_message_id, provider_scope,
        sent_at, received_at, position, unread, history)
      select i.tenant_id, i.id, threads_of[i.party], i.account_id, i.direction, i.kind, i.text, (i.media->>'id')::uuid,
        i.content, i.forwarded, i.reply_provider_id,
        case when i.direction = 'inbound' then 'received' else 'sent' end,
        case when i.direction = 'outbound' then ms(i.sent_ms) end,
        case when i.kind = 'system' then 'system' when i.direction = 'inbound' then 'contact'
          when i.origin in ('phone', 'business_app') then 'phone' else 'system' end,
        case when i.direction = 'inbound' and i.kind <> 'system' then contacts_of[i.sender] end,
        case when i.sender <> i.person then (
          select c.display_name from contacts c where c.tenant_id = i.tenant_id and c.id = contacts_of[i.sender]) end,
        i.provider_message_id, i.scope, ms(i.sent_ms), ms(i.received_ms), i.position,
        i.direction = 'inbound' and i.kind <> 'system' and not i.history, i.history
      from single i order by i.ord
      on conflict (tenant_id, account_id, direction, provider_message_id, provider_scope) where provider_message_id is not null
        do update set history = false, unread = excluded.unread, version = m.version + 1 where m.history and not excluded.history
      returning m.tenant_id, m.id, old.id is null as fresh
  )
  select coalesce(array_agg(row(t.tenant_id, t.id)::row_key) filter (where t.fresh), '{}'),
         coalesce(array_agg(row(t.tenant_id, t.id)::row_key) filter (where not t.fresh), '{}') into stored, promoted from touched t;
  if not exists (select 1 from unnest(items) i where i.media is not null) then return; end if;
  insert into media (tenant_id, id, thread_id, mime, filename, size_bytes, voice, source)
    select m.tenant_id, m.media_id, m.thread_id, i.media->>'mime', i.media->>'filename', coalesce((i.media->>'sizeBytes')::bigint, 0),
      coalesce((i.media->>'voice')::boolean, false), i.media->'source'
    from unnest(items) i join messages m on m.tenant_id = i.tenant_id and m.id = i.id
    where i.media is not null;
end
$$;

-- Fills in which message of the same thread a quote means, for new messages (`quoting`: there may be quotes among them)
-- and for those that waited for them. Returns the older ones. Index: messages_provider_key, messages_awaiting_quote.
create or replace function link_quotes(new_keys row_key[], quoting boolean default true) returns row_key[] language plpgsql as $$
declare
  v_waiting row_key[];
begin
  if quoting then
    update messages m set reply_message_id = q.id
      from unnest(new_keys) k, messages q
      where m.tenant_id = k.tenant_id and m.id = k.id and m.reply_provider_id is not null and m.reply_message_id is null
        and q.tenant_id = m.tenant_id and q.account_id = m.account_id and q.direction in ('inbound', 'outbound')
        and q.provider_message_id = m.reply_provider_id and q.thread_id = m.thread_id;
  end if;
  with linked as (
    update messages w set reply_message_id = m.id
      from unnest(new_keys) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
      where w.tenant_id = m.tenant_id and w.account_id = m.account_id and w.thread_id = m.thread_id
        and w.reply_provider_id = m.provider_message_id and w.reply_message_id is null
      returning w.tenant_id, w.id
  )
  select coalesce(array_agg(row(l.tenant_id, l.id)::row_key), '{}') into v_waiting from linked l;
  return v_waiting;
end
$$;

-- Makes the threads of new conversations. Returns the ids created. Index: threads_contact_key, messages_provider_key.
create or replace function open_threads(items ingest_message[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_created row_key[];
begin
  with wanted as (
    select i.tenant_id, i.account_id, contacts_of[i.person] as contact_id, min(i.sent_ms) as first_ms,
      (array_agg(i.reply_type order by i.position desc))[1] as reply_type, (array_agg(i.reply_value order by i.position desc))[1] as reply_value
    from unnest(items) i
    where not exists (select 1 from threads t where t.tenant_id = i.tenant_id and t.account_id = i.account_id
      and t.contact_id = contacts_of[i.person])
    and (i.id_within_chat and i.direction = 'inbound' or not exists (select 1 from messages m where m.tenant_id = i.tenant_id
      and m.account_id = i.account_id and m.direction = i.direction and m.provider_message_id = i.provider_message_id))
    group by 1, 2, 3
  ), stored as (
    insert into threads (tenant_id, account_id, contact_id, last_activity_at, reply_type, reply_value)
      select w.tenant_id, w.account_id, w.contact_id, ms(w.first_ms), w.reply_type, w.reply_value from wanted w order by 1, 2, 3
      on conflict on constraint threads_contact_key do nothing
      returning tenant_id, id
  )
  select coalesce(array_agg(row(s.tenant_id, s.id)::row_key), '{}') into v_created from stored s;
  return v_created;
end
$$;

-- Locks every thread that the batch can change, in id order: those of new messages, those of messages that an item is
-- about, and those of contacts that look different.
drop function lock_threads(ingest_party[], uuid[], ingest_status[], ingest_reaction[], ingest_edit[], row_key[]);
create function lock_threads(parties ingest_party[], threads_of uuid[], targets ingest_target[], statuses ingest_status[], renamed row_key[])
returns void language plpgsql as $$
begin
  if cardinality(targets) + cardinality(renamed) = 0 then
    perform 1 from threads t join (select distinct p.tenant_id, threads_of[p.n] as id from unnest(parties) p) w
      on w.tenant_id = t.tenant_id and w.id = t.id
      order by t.tenant_id, t.id for no key update of t;
    return;
  end if;
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
end
$$;

-- What new messages, and those of a backlog that turned out to be live, do to their threads: unread, last message,
-- activity, 24-hour window, reopening, where to answer. Everything is max() or a count of such rows, so any order of
-- batches gives the same thread. A thread that this batch has created keeps its first version. Returns the threads
-- touched, and those reopened among them.
drop function roll_up_threads(ingest_message[], row_key[]);
create function roll_up_threads(items ingest_message[], created row_key[], promoted row_key[], out touched row_key[], out reopened row_key[])
language plpgsql as $$
begin
  with counted as (
    select i.tenant_id, i.id, i.window_ms, i.reply_type, i.reply_value from unnest(items) i
    union all
    select k.tenant_id, k.id, live.window_ms, live.reply_type, live.reply_value
    from unnest(promoted) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id cross join lateral (
      select * from unnest(items) i where i.tenant_id = m.tenant_id and i.account_id = m.account_id and i.direction = m.direction
        and i.provider_message_id = m.provider_message_id and not i.history limit 1) live
  ), fresh as (
    select m.tenant_id, m.thread_id, m.id, m.position, m.sent_at, m.unread, c.window_ms, c.reply_type, c.reply_value,
      -- A notice moves the address to answer to only where the new one became this customer's.
      m.direction = 'inbound' and (m.kind <> 'system' or exists (select 1 from threads t
        join contact_addresses a on a.tenant_id = t.tenant_id and a.contact_id = t.contact_id
        where t.tenant_id = m.tenant_id and t.id = m.thread_id and a.type = c.reply_type and a.value = c.reply_value)) as answerable
    from counted c join messages m on m.tenant_id = c.tenant_id and m.id = c.id
  ), summed as (
    select f.tenant_id, f.thread_id, count(*) filter (where f.unread) as unread, max(f.sent_at) as at,
      max(f.position) as position, (array_agg(f.id order by f.position desc))[1] as id, ms(max(f.window_ms)) as window_end,
      (array_agg(f.reply_type order by f.position desc) filter (where f.answerable))[1] as reply_type,
      (array_agg(f.reply_value order by f.position desc) filter (where f.answerable))[1] as reply_value
    from fresh f group by 1, 2
  ), updated as (
    update threads t set version = t.version + case when row(t.tenant_id, t.id)::row_key = any (created) then 0 else 1 end,
      unread_count = t.unread_count + s.unread,
      last_message_id = case when s.position > coalesce(t.last_position, '') then s.id else t.last_message_id end,
      last_position = greatest(t.last_position, s.position),
      last_activity_at = greatest(t.last_activity_at, s.at),
      window_expires_at = greatest(t.window_expires_at, s.window_end),
      reply_type = case when s.reply_type is not null and s.position >= coalesce(t.last_position, '') then s.reply_type else t.reply_type end,
      reply_value = case when s.reply_type is not null and s.position >= coalesce(t.last_position, '') then s.reply_value else t.reply_value end,
      status = case when s.unread > 0 and t.status in ('resolved', 'snoozed') then 'open' else t.status end,
      snoozed_until = case when s.unread > 0 then null else t.snoozed_until end
    from summed s where t.tenant_id = s.tenant_id and t.id = s.thread_id
    returning t.tenant_id, t.id, old.status as was, new.status as now
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}'),
    coalesce(array_agg(row(u.tenant_id, u.id)::row_key) filter (where u.was = 'resolved' and u.now <> 'resolved'), '{}')
    into touched, reopened
  from updated u;
end
$$;

-- The last reaction of each person wins, by the provider's clock. Unknown targets are parked; one that stands in another
-- chat is nobody's. Index: messages_provider_key, reactions primary key.
create or replace function apply_reactions(items ingest_reaction[]) returns row_key[] language sql as $$
  with target as (
    select r.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere from unnest(items) r left join lateral (
      select (array_agg(m.id) filter (where r.chat_id is null or t.contact_id = r.chat_id))[1] as message_id, count(*) > 0 as elsewhere
      from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = r.tenant_id and m.account_id = r.account_id and m.direction in ('inbound', 'outbound')
        and m.provider_message_id = r.target_id) found on true
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'reaction', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || coalesce(t.emoji, ''),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'emoji', t.emoji, 'at_ms', t.at_ms, 'received_ms', t.received_ms, 'chat_id', t.chat_id)
      from target t where t.message_id is null and not t.elsewhere
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_id) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_id, coalesce(t.at_ms, t.received_ms) desc, t.emoji desc nulls last
  ), stored as (
    insert into reactions as r (tenant_id, message_id, by_type, by_id, emoji, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_id, l.emoji, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at
        where (excluded.at, coalesce(excluded.emoji, '')) > (r.at, coalesce(r.emoji, ''))
      returning r.tenant_id, r.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

-- The last vote of each person is their whole choice. As apply_reactions. Index: messages_provider_key, poll_votes primary key.
create function apply_votes(items ingest_vote[]) returns row_key[] language sql as $$
  with target as (
    select v.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere from unnest(items) v left join lateral (
      select (array_agg(m.id) filter (where v.chat_id is null or t.contact_id = v.chat_id))[1] as message_id, count(*) > 0 as elsewhere
      from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = v.tenant_id and m.account_id = v.account_id and m.direction in ('inbound', 'outbound')
        and m.provider_message_id = v.target_id) found on true
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'vote', t.by_id || ':' || coalesce(t.at_ms, t.received_ms) || ':' || md5(t.options::text),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'by_type', t.by_type,
          'by_id', t.by_id, 'options', t.options, 'at_ms', t.at_ms, 'received_ms', t.received_ms, 'chat_id', t.chat_id)
      from target t where t.message_id is null and not t.elsewhere
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_id) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_id, coalesce(t.at_ms, t.received_ms) desc, t.options desc
  ), stored as (
    insert into poll_votes as v (tenant_id, message_id, by_type, by_id, options, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_id, l.options, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set options = excluded.options, at = excluded.at
        where (excluded.at, excluded.options) > (v.at, v.options)
      returning v.tenant_id, v.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- Index: messages_provider_key.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.direction = e.direction
      and case when e.contact_id is not null then t.contact_id = e.contact_id
          else e.person is null and count(*) filter (where m.direction = e.direction) over (partition by e.n) = 1 end
      and (e.revoked or e.author_id is null or m.author_id = e.author_id) as trusted
    from (select row_number() over () as n, u.* from unnest(items) u) e
    left join messages m on m.tenant_id = e.tenant_id and m.account_id = e.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = e.target_id
    left join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, case when t.revoked then 'revoke' else 'edit' end,
        coalesce(t.at_ms, 0) || ':' || md5(coalesce(t.text, '')),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'direction', t.direction,
          'contact_id', t.contact_id, 'author_id', t.author_id, 'revoked', t.revoked, 'text', t.text, 'at_ms', t.at_ms,
          'received_ms', t.received_ms)
      from target t where t.message_id is null
      on conflict do nothing
  ), last as (
    select distinct on (t.tenant_id, t.message_id, t.revoked) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null and t.trusted
    order by t.tenant_id, t.message_id, t.revoked, coalesce(t.at_ms, t.received_ms) desc, t.text
  ), merged as (
    select l.tenant_id, l.message_id, max(l.at) filter (where not l.revoked) as edited, max(l.text) filter (where not l.revoked) as text,
      min(l.at) filter (where l.revoked) as revoked
    from last l group by 1, 2
  ), updated as (
    update messages m set
      text = case when s.edited > coalesce(m.edited_at, '-infinity') then s.text else m.text end,
      edited_at = greatest(m.edited_at, s.edited), revoked_at = least(m.revoked_at, s.revoked)
    from merged s
    where m.tenant_id = s.tenant_id and m.id = s.message_id
      and (s.edited > coalesce(m.edited_at, '-infinity') or s.revoked < coalesce(m.revoked_at, 'infinity'))
    returning m.tenant_id, m.id
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') from updated u
$$;

-- Files of placeholders; one without its placeholder is parked. Direction, sender and time stay the placeholder's.
-- Index: messages_provider_key.
create function apply_files(items ingest_file[]) returns row_key[] language sql as $$
  with target as (
    select distinct on (f.tenant_id, f.account_id, f.target_id) f.*, m.id as message_id
    from unnest(items) f left join messages m on m.tenant_id = f.tenant_id and m.account_id = f.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = f.target_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'file', '', json_build_object('tenant_id', t.tenant_id,
        'account_id', t.account_id, 'target_id', t.target_id, 'kind', t.kind, 'text', t.text, 'media', t.media)
      from target t where t.message_id is null
      on conflict do nothing
  ), updated as (
    update messages m set kind = t.kind, text = coalesce(t.text, m.text), media_id = (t.media->>'id')::uuid, content = null
    from target t
    where m.tenant_id = t.tenant_id and m.id = t.message_id and m.kind = 'unsupported'
      and m.content->'unsupported'->>'type' = 'media_placeholder'
    returning m.tenant_id, m.id, m.media_id, m.thread_id, t.media
  ), stored as (
    insert into media (tenant_id, id, thread_id, mime, filename, size_bytes, voice, source)
      select u.tenant_id, u.media_id, u.thread_id, u.media->>'mime', u.media->>'filename',
        coalesce((u.media->>'sizeBytes')::bigint, 0), coalesce((u.media->>'voice')::boolean, false), u.media->'source'
      from updated u where u.media_id is not null
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') from updated u
$$;

-- One batch of parsed webhooks: journal, contacts, threads, messages, states, reactions, votes, edits, files, unread,
-- event log. `p` is the document built by inbox/ingest/batch.ts; `p_bytes` all raw bodies end to end.
-- Atomic and repeatable: the same batch again, or the same items in another batch, in any order, by any number of
-- workers, ends in the same rows and logs nothing twice. Lock order: addresses, contacts, message keys, threads, counters.
create or replace function ingest_batch(p json, p_bytes bytea)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_doc record;
  v_persons ingest_person[] := '{}';
  v_parties ingest_party[] := '{}';
  v_messages ingest_message[] := '{}';
  v_statuses ingest_status[] := '{}';
  v_reactions ingest_reaction[] := '{}';
  v_votes ingest_vote[] := '{}';
  v_edits ingest_edit[] := '{}';
  v_files ingest_file[] := '{}';
  v_targets ingest_target[] := '{}';
  v_has record;
  v_contacts uuid[] := '{}';
  v_threads uuid[] := '{}';
  v_created row_key[] := '{}';
  v_renamed row_key[] := '{}';
  v_new row_key[] := '{}';
  v_promoted row_key[] := '{}';
  v_changed row_key[] := '{}';
  v_rolled row_key[] := '{}';
  v_reopened row_key[] := '{}';
  v_parked parked[];
  v_changes change[];
begin
  -- Taken apart once: every `p->'x'` would read the whole document again.
  select * into v_doc from json_to_record(p) as d ("receivedAtMs" bigint, journal json, letters json, persons json, parties json,
    messages json, statuses json, reactions json, votes json, edits json, files json);
  insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
    select j.tenant_id, ms(j.received_ms), j.stream_id, j.provider, j.auth, j.correlation_id,
           substring(p_bytes from j.start + 1 for j.length)
    from json_to_recordset(v_doc.journal) as j (tenant_id uuid, received_ms bigint, stream_id text, provider text, auth text,
      correlation_id text, start int, length int)
    on conflict do nothing;
  if json_array_length(v_doc.letters) > 0 then
    insert into dead_letters (tenant_id, provider, channel, reason, sqlstate, auth, body, received_at, correlation_id, stream_id)
      select l.tenant_id, l.provider, l.channel, l.reason, l.sqlstate, l.auth, substring(p_bytes from l.start + 1 for l.length),
             ms(l.received_ms), l.correlation_id, l.stream_id
      from json_to_recordset(v_doc.letters) as l (tenant_id uuid, provider text, channel text, reason text, sqlstate text, auth text,
        start int, length int, received_ms bigint, correlation_id text, stream_id text)
      on conflict do nothing;
  end if;
  if json_array_length(v_doc.messages) > 0 then
    v_messages := array(select x from json_populate_recordset(null::ingest_message, v_doc.messages) x order by x.ord);
  end if;
  if json_array_length(v_doc.statuses) > 0 then
    v_statuses := array(select x from json_populate_recordset(null::ingest_status, v_doc.statuses) x);
  end if;
  if json_array_length(v_doc.reactions) > 0 then
    v_reactions := array(select x from json_populate_recordset(null::ingest_reaction, v_doc.reactions) x);
  end if;
  if json_array_length(v_doc.votes) > 0 then
    v_votes := array(select x from json_populate_recordset(null::ingest_vote, v_doc.votes) x);
  end if;
  if json_array_length(v_doc.edits) > 0 then
    v_edits := array(select x from json_populate_recordset(null::ingest_edit, v_doc.edits) x);
  end if;
  if json_array_length(v_doc.files) > 0 then
    v_files := array(select x from json_populate_recordset(null::ingest_file, v_doc.files) x);
  end if;
  if json_array_length(v_doc.persons) > 0 then
    v_persons := array(select x from json_populate_recordset(null::ingest_person, v_doc.persons) x order by x.n);
    v_parties := array(select x from json_populate_recordset(null::ingest_party, v_doc.parties) x order by x.n);
    select r.contacts_of, r.gained into v_contacts, v_renamed from resolve_contacts(v_persons) r;
    v_renamed := v_renamed || update_contacts(v_persons, v_contacts);
  end if;

  if cardinality(v_statuses) + cardinality(v_reactions) + cardinality(v_votes) + cardinality(v_edits) + cardinality(v_files) > 0 then
    v_targets := array(
      select row(s.tenant_id, s.account_id, s.provider_message_id)::ingest_target from unnest(v_statuses) s
      union all select row(r.tenant_id, r.account_id, r.target_id)::ingest_target from unnest(v_reactions) r
      union all select row(v.tenant_id, v.account_id, v.target_id)::ingest_target from unnest(v_votes) v
      union all select row(e.tenant_id, e.account_id, e.target_id)::ingest_target from unnest(v_edits) e
      union all select row(f.tenant_id, f.account_id, f.target_id)::ingest_target from unnest(v_files) f);
  end if;
  perform pg_advisory_xact_lock(k.key) from (
    select distinct message_lock_key(x.account_id, x.target_id) as key from (
      select i.account_id, i.provider_message_id as target_id from unnest(v_messages) i
      union all select t.account_id, t.target_id from unnest(v_targets) t) x order by 1) k;

  if cardinality(v_parties) > 0 then
    v_threads := find_threads(v_parties, v_contacts);
    if array_position(v_threads, null) is not null then
      v_created := open_threads(v_messages, v_contacts);
      v_threads := find_threads(v_parties, v_contacts);
    end if;
  end if;
  perform lock_threads(v_parties, v_threads, v_targets, v_statuses, v_renamed);

  if cardinality(v_messages) > 0 then
    select bool_or(m.direction = 'outbound') as outbound, bool_or(m.reply_provider_id is not null) as quoting into v_has
      from unnest(v_messages) m;
    if v_has.outbound then v_changed := settle_echoes(v_messages, v_threads); end if;
    select i.stored, i.promoted into v_new, v_promoted from insert_messages(v_messages, v_threads, v_contacts) i;
    select r.touched, r.reopened into v_rolled, v_reopened from roll_up_threads(v_messages, v_created, v_promoted) r;
    -- For whoever watches, a message that turns out to be live has just arrived.
    v_new := v_new || v_promoted;
    v_changed := v_changed || link_quotes(v_new, v_has.quoting);
    v_parked := array(select x from take_parked(v_new || v_changed) x);
    if cardinality(v_parked) > 0 then
      v_statuses := v_statuses || array(select json_populate_record(null::ingest_status, x.item) from unnest(v_parked) x where x.kind = 'status');
      v_reactions := v_reactions || array(select json_populate_record(null::ingest_reaction, x.item) from unnest(v_parked) x where x.kind = 'reaction');
      v_votes := v_votes || array(select json_populate_record(null::ingest_vote, x.item) from unnest(v_parked) x where x.kind = 'vote');
      v_edits := v_edits || array(select json_populate_record(null::ingest_edit, x.item) from unnest(v_parked) x where x.kind in ('edit', 'revoke'));
      v_files := v_files || array(select json_populate_record(null::ingest_file, x.item) from unnest(v_parked) x where x.kind = 'file');
    end if;
  end if;
  if cardinality(v_files) > 0 then
    v_changed := v_changed || apply_files(v_files);
  end if;
  if cardinality(v_statuses) > 0 then
    v_changed := v_changed || apply_statuses(v_statuses);
  end if;
  if cardinality(v_reactions) > 0 then
    v_reactions := array(select row(r.tenant_id, r.account_id, r.target_id, r.by_type, coalesce(r.by_id, v_contacts[r.person]), r.person,
      r.emoji, r.at_ms, r.received_ms, r.chat, coalesce(r.chat_id, v_contacts[r.chat]))::ingest_reaction from unnest(v_reactions) r);
    v_changed := v_changed || apply_reactions(v_reactions);
  end if;
  if cardinality(v_votes) > 0 then
    v_votes := array(select row(v.tenant_id, v.account_id, v.target_id, v.by_type, coalesce(v.by_id, v_contacts[v.person]), v.person,
      v.options, v.at_ms, v.received_ms, v.chat, coalesce(v.chat_id, v_contacts[v.chat]))::ingest_vote from unnest(v_votes) v);
    v_changed := v_changed || apply_votes(v_votes);
  end if;
  if cardinality(v_edits) > 0 then
    v_edits := array(select row(e.tenant_id, e.account_id, e.target_id, e.direction, coalesce(e.contact_id, v_contacts[e.person]), e.person,
      e.revoked, e.text, e.at_ms, e.received_ms, e.sender, coalesce(e.author_id, v_contacts[e.sender]))::ingest_edit from unnest(v_edits) e);
    v_changed := v_changed || apply_edits(v_edits);
  end if;

  v_changes := publish_changes(v_created, v_new, v_changed, v_renamed, v_reopened, v_doc."receivedAtMs", v_rolled);
  if v_changes is null then return; end if;
  return query select * from log_changes(v_changes);
end
$$;
