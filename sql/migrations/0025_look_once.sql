-- safe: functions, a type, and an attribute of one that no table uses. The same results as before for less work: people,
-- threads and waiting items are looked up once, and what a batch has just written is not read again to be logged.

-- Read with the person, not in a document of its own.
alter type ingest_person alter attribute addresses type ingest_address[];

-- The contact of every person, by any of its addresses, the first listed first. Null where nobody has one.
-- Index: contact_addresses primary key.
create or replace function find_contacts(persons ingest_person[]) returns uuid[] language plpgsql stable as $$
begin
  return array(
    select (select ca.contact_id from unnest(p.addresses) a
      join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
      where a.link is not true order by a.ord limit 1)
    from unnest(persons) p order by p.n);
end
$$;

-- Finds or creates the contact of every person: ids by person number (1-based), null for unknown ones that are only told
-- about; contacts that gained an address; and `told`: whether any may look different by what its person tells.
-- Index: contact_addresses and contacts primary keys. Locks: transaction advisory locks on addresses nobody has yet, in
-- key order, so that ten first messages of one person make one contact. An address that belongs to somebody else stays
-- there: nothing merges silently.
drop function resolve_contacts(ingest_person[]);
create function resolve_contacts(persons ingest_person[], out contacts_of uuid[], out gained row_key[], out told boolean)
language plpgsql as $$
declare
  v_complete boolean;
  v_missing bigint[];
  v_known uuid[];
begin
  gained := '{}';
  -- One look is enough where everybody is known by all addresses.
  select array_agg(ca.contact_id order by p.n) filter (where a.ord = 1 and a.link is not true), bool_and(ca.contact_id is not null),
    bool_or((p.name <> c.display_name and (c.named_at is null or c.named_at < ms(p.named_at_ms)))
      or (p.consent is not null and (c.marketing_consent_at is null or c.marketing_consent_at < ms(p.consent_at_ms)))
      or p.new_phone is not null or (p.phone is not null and c.phone is null))
    into contacts_of, v_complete, told
  from unnest(persons) p cross join lateral unnest(p.addresses) a
    left join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    left join contacts c on c.tenant_id = ca.tenant_id and c.id = ca.contact_id;
  if v_complete then return; end if;

  told := true;
  select array_agg(distinct hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1)
                   order by hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1)) into v_missing
  from unnest(persons) p cross join lateral unnest(p.addresses) a
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
             case when (p.addresses[1]).type = 'group' then 'WhatsApp group' else 'WhatsApp user' end),
           case when p.name is not null then ms(p.named_at_ms) end, p.phone
    from unnest(persons) p where v_known[p.n] is null and contacts_of[p.n] is not null
    on conflict do nothing;
  with stored as (
    insert into contact_addresses as a (tenant_id, type, match_key, value, contact_id)
      select p.tenant_id, a.type, a.key, a.value, contacts_of[p.n]
      from unnest(persons) p cross join lateral unnest(p.addresses) a
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
create or replace function name_newcomers(persons ingest_person[], known uuid[]) returns uuid[] language plpgsql as $$
declare
  v_contacts uuid[];
  v_same record;
begin
  v_contacts := array(select coalesce(known[p.n], case when p.known_only is not true then uuidv7() end)
    from unnest(persons) p order by p.n);
  for v_same in
    with addresses as (
      select p.n, p.tenant_id, a.type, a.key, a.link is true as link
      from unnest(persons) p cross join lateral unnest(p.addresses) a
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

-- Takes over what people tell about themselves, the latest by the provider's clock: name, number, consent. Returns the
-- contacts that look different now. Locks those that change, in id order. Index: contacts primary key,
-- contact_addresses_by_contact.
create or replace function update_contacts(persons ingest_person[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_stale row_key[];
begin
  select array_agg(row(c.tenant_id, c.id)::row_key) into v_stale
  from told_by(persons, contacts_of) p join contacts c on c.tenant_id = p.tenant_id and c.id = p.id
  where (c.display_name <> p.name and (c.named_at is null or c.named_at < p.named_at))
    or (p.consent is not null and (c.marketing_consent_at is null or c.marketing_consent_at < p.consent_at))
    or (coalesce(p.new_phone <> c.phone, c.phone is null) and phone_told(c, p.phone, p.new_phone) is not null);
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

-- The threads of parties, null where there is none yet. Index: threads_contact_key.
create or replace function find_threads(parties ingest_party[], contacts_of uuid[]) returns uuid[] language plpgsql stable as $$
begin
  return array(
    select (select t.id from threads t where t.tenant_id = p.tenant_id and t.contact_id = contacts_of[p.person]
      and t.account_id = p.account_id)
    from unnest(parties) p order by p.n);
end
$$;

-- Makes the threads of new conversations. Returns the ids created. Index: threads_contact_key, messages_provider_key.
-- A contact that was merged away meanwhile makes the batch begin anew, see lock_threads; the foreign key to contacts has
-- waited for a merge under way.
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
  if exists (select 1 from unnest(items) i join contacts c on c.tenant_id = i.tenant_id and c.id = contacts_of[i.person]
      where c.merged_into is not null) then
    raise exception 'a contact was merged meanwhile' using errcode = '40001';
  end if;
  return v_created;
end
$$;

-- Locks every thread that the batch can change, in id order: those of new messages, those of messages that an item is
-- about, and those of contacts that look different. False where a contact was merged away since the batch looked for it:
-- a merge takes the threads away, and a batch that begins anew finds the contact that has the addresses now. Index: threads and messages primary keys, messages_provider_key, threads_contact_key.
drop function lock_threads(ingest_party[], uuid[], ingest_target[], ingest_status[], row_key[]);
create function lock_threads(parties ingest_party[], threads_of uuid[], contacts_of uuid[], targets ingest_target[],
  statuses ingest_status[], renamed row_key[])
returns boolean language plpgsql as $$
declare
  v_locked bigint;
begin
  if cardinality(targets) + cardinality(renamed) > 0 then
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
  perform 1 from unnest(parties) p
    join threads t on t.tenant_id = p.tenant_id and t.id = threads_of[p.n] and t.contact_id = contacts_of[p.person]
    order by t.tenant_id, t.id for no key update of t;
  get diagnostics v_locked = row_count;
  return v_locked = cardinality(array_remove(threads_of, null));
end
$$;

-- Stores new messages; a duplicate stores nothing, but what a backlog brought first becomes live by its live copy.
-- `stored`: those that are new, `promoted`: those of the backlog; `files`: there may be files among them.
-- Index: messages_provider_key decides.
drop function insert_messages(ingest_message[], uuid[], uuid[]);
create function insert_messages(items ingest_message[], threads_of uuid[], contacts_of uuid[], files boolean, out stored row_key[], out promoted row_key[])
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
      from single i
      on conflict (tenant_id, account_id, direction, provider_message_id, provider_scope) where provider_message_id is not null
        do update set history = false, unread = excluded.unread, version = m.version + 1 where m.history and not excluded.history
      returning m.tenant_id, m.id, old.id is null as fresh
  )
  select array(select row(t.tenant_id, t.id)::row_key from touched t where t.fresh),
         array(select row(t.tenant_id, t.id)::row_key from touched t where not t.fresh) into stored, promoted;
  if not files then return; end if;
  insert into media (tenant_id, id, thread_id, mime, filename, size_bytes, voice, source)
    select m.tenant_id, m.media_id, m.thread_id, i.media->>'mime', i.media->>'filename', coalesce((i.media->>'sizeBytes')::bigint, 0),
      coalesce((i.media->>'voice')::boolean, false), i.media->'source'
    from unnest(items) i join messages m on m.tenant_id = i.tenant_id and m.id = i.id
    where i.media is not null;
end
$$;

-- A message that has just arrived, as its event is made of it.
create type arrival as (tenant_id uuid, id uuid, thread_id uuid, assignee_id uuid, position text, received_at_ms bigint);

-- What new messages, and those of a backlog that turned out to be live, do to their threads: unread, last message,
-- activity, 24-hour window, reopening, where to answer. Everything is max() or a count of such rows, so any order of
-- batches gives the same thread. A thread that this batch has created keeps its first version. Returns the messages in
-- the order of their positions, the threads touched, and those reopened among them. Index: messages and threads primary
-- keys. The caller holds the threads.
drop function roll_up_threads(ingest_message[], row_key[], row_key[]);
create function roll_up_threads(items ingest_message[], created row_key[], promoted row_key[], out arrived arrival[], out touched row_key[],
  out reopened row_key[])
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
    select m.tenant_id, m.thread_id, m.id, m.position, m.sent_at, m.received_at, m.unread, c.window_ms, c.reply_type, c.reply_value,
      -- A notice moves the address to answer to only where the new one became this customer's.
      m.direction = 'inbound' and (m.kind <> 'system' or exists (select 1 from threads t
        join contact_addresses a on a.tenant_id = t.tenant_id and a.contact_id = t.contact_id
        where t.tenant_id = m.tenant_id and t.id = m.thread_id and a.type = c.reply_type and a.value = c.reply_value)) as answerable
    from counted c join messages m on m.tenant_id = c.tenant_id and m.id = c.id
  ), summed as (
    select f.tenant_id, f.thread_id, count(*) filter (where f.unread) as unread, max(f.sent_at) as at, ms(max(f.window_ms)) as window_end,
      array_agg(row(f.tenant_id, f.id, f.thread_id, null, f.position, (extract(epoch from f.received_at) * 1000)::bigint)::arrival
        order by f.position desc) as arrived,
      (array_agg(f.reply_type order by f.position desc) filter (where f.answerable))[1] as reply_type,
      (array_agg(f.reply_value order by f.position desc) filter (where f.answerable))[1] as reply_value
    from fresh f group by 1, 2
  ), updated as (
    update threads t set version = t.version + case when row(t.tenant_id, t.id)::row_key = any (created) then 0 else 1 end,
      unread_count = t.unread_count + s.unread,
      last_message_id = case when s.arrived[1].position > coalesce(t.last_position, '') then s.arrived[1].id else t.last_message_id end,
      last_position = greatest(t.last_position, s.arrived[1].position),
      last_activity_at = greatest(t.last_activity_at, s.at),
      window_expires_at = greatest(t.window_expires_at, s.window_end),
      reply_type = case when s.reply_type is not null and s.arrived[1].position >= coalesce(t.last_position, '') then s.reply_type else t.reply_type end,
      reply_value = case when s.reply_type is not null and s.arrived[1].position >= coalesce(t.last_position, '') then s.reply_value else t.reply_value end,
      status = case when s.unread > 0 and t.status in ('resolved', 'snoozed') then 'open' else t.status end,
      snoozed_until = case when s.unread > 0 then null else t.snoozed_until end
    from summed s where t.tenant_id = s.tenant_id and t.id = s.thread_id
    returning t.tenant_id, t.id, t.assignee_id, s.arrived, old.status = 'resolved' and new.status <> 'resolved' as reopened
  )
  select array(select row(a.tenant_id, a.id, a.thread_id, u.assignee_id, a.position, a.received_at_ms)::arrival
      from updated u cross join lateral unnest(u.arrived) a order by a.position),
    array(select row(u.tenant_id, u.id)::row_key from updated u),
    array(select row(u.tenant_id, u.id)::row_key from updated u where u.reopened)
    into arrived, touched, reopened;
end
$$;

-- Raises the versions of what changed and lists the changes in the order a client wants them: threads before their
-- messages, then what changed, then the threads' new summaries. A thread shows its last message's state, so a change
-- of that message is a change of the thread. `arrived` in the order of positions; `rolled` are threads whose version
-- was raised already. Index: primary keys, threads_contact_key. The caller holds the threads.
drop function publish_changes(row_key[], row_key[], row_key[], row_key[], row_key[], bigint, row_key[]);
create function publish_changes(created row_key[], arrived arrival[], changed row_key[], renamed row_key[], reopened row_key[],
  received bigint, rolled row_key[] default '{}')
returns change[] language plpgsql as $$
declare
  v_new row_key[];
  v_changed row_key[] := '{}';
  v_touched row_key[] := rolled;
  v_changes change[] := '{}';
begin
  if cardinality(changed) > 0 then
    v_new := array(select row(a.tenant_id, a.id)::row_key from unnest(arrived) a);
    v_changed := array(select k from unnest(changed) k except select k from unnest(v_new) k);
    update messages m set version = m.version + 1,
        status = message_status(m.direction, m.send_state, m.at_sent, m.at_delivered, m.at_read, m.at_played, m.at_failed)
      from unnest(v_changed) k where m.tenant_id = k.tenant_id and m.id = k.id;
    -- New messages can have changed too (a parked status, a quote): same version, final state.
    update messages m set
        status = message_status(m.direction, m.send_state, m.at_sent, m.at_delivered, m.at_read, m.at_played, m.at_failed)
      from unnest(v_new) k where m.tenant_id = k.tenant_id and m.id = k.id and m.direction = 'outbound';
  end if;
  if cardinality(v_changed) > 0 or cardinality(renamed) > 0 then
    v_touched := array(
      (select row(t.tenant_id, t.id)::row_key from unnest(v_changed) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
         join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.last_message_id = m.id
       union select row(t.tenant_id, t.id)::row_key from unnest(renamed) k join threads t on t.tenant_id = k.tenant_id and t.contact_id = k.id)
      except (select k from unnest(created) k union all select k from unnest(rolled) k));
    update threads t set version = t.version + 1 from unnest(v_touched) k where t.tenant_id = k.tenant_id and t.id = k.id;
    v_touched := v_touched || rolled;
  end if;

  if cardinality(created) > 0 then
    v_touched := array(select k from unnest(v_touched) k except select k from unnest(created) k);
    v_changes := array(
      select row(k.ord, t.tenant_id, 'thread.created', t.id, t.id, t.assignee_id, true, received)::change
      from unnest(created) with ordinality k (tenant_id, id, ord) join threads t on t.tenant_id = k.tenant_id and t.id = k.id);
  end if;
  if cardinality(arrived) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + a.ord, a.tenant_id, 'message.created', a.id, a.thread_id, a.assignee_id, false, a.received_at_ms)::change
      from unnest(arrived) with ordinality a (tenant_id, id, thread_id, assignee_id, position, received_at_ms, ord));
  end if;
  if cardinality(v_changed) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + row_number() over (order by m.position), m.tenant_id, 'message.updated', m.id, m.thread_id, t.assignee_id,
        false, received)::change
      from unnest(v_changed) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
        join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id);
  end if;
  if cardinality(v_touched) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + k.ord, t.tenant_id, 'thread.updated', t.id, t.id, t.assignee_id, false, received)::change
      from unnest(v_touched) with ordinality k (tenant_id, id, ord) join threads t on t.tenant_id = k.tenant_id and t.id = k.id);
  end if;
  if cardinality(reopened) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + row_number() over (), a.tenant_id, 'member.updated', a.assignee_id, null, null, false, null)::change
      from (select distinct t.tenant_id, t.assignee_id from unnest(reopened) k join threads t on t.tenant_id = k.tenant_id and t.id = k.id
            where t.assignee_id is not null) a);
  end if;
  return nullif(v_changes, '{}');
end
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
  v_people record;
  v_has record;
  v_stored record;
  v_contacts uuid[] := '{}';
  v_threads uuid[] := '{}';
  v_created row_key[] := '{}';
  v_renamed row_key[] := '{}';
  v_new row_key[] := '{}';
  v_changed row_key[] := '{}';
  v_rolled record;
  v_arrived arrival[] := '{}';
  v_touched row_key[] := '{}';
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
    v_messages := array(select x from json_populate_recordset(null::ingest_message, v_doc.messages) x);
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
    select array(select x from json_populate_recordset(null::ingest_person, v_doc.persons) x),
      array(select x from json_populate_recordset(null::ingest_party, v_doc.parties) x) into v_persons, v_parties;
    v_people := resolve_contacts(v_persons);
    v_contacts := v_people.contacts_of;
    v_renamed := v_people.gained;
    if v_people.told then v_renamed := v_renamed || update_contacts(v_persons, v_contacts); end if;
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
  if not lock_threads(v_parties, v_threads, v_contacts, v_targets, v_statuses, v_renamed) then
    raise exception 'a contact was merged meanwhile' using errcode = '40001';
  end if;

  if cardinality(v_messages) > 0 then
    -- What the batch has, and whether anything waits for one of its messages: nothing can begin to, under the locks above.
    select bool_or(m.direction = 'outbound') as outbound, bool_or(m.reply_provider_id is not null) as quotes, bool_or(m.media is not null) as files,
      exists (select 1 from unnest(v_messages) i join parked w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.target_id = i.provider_message_id) as parked,
      exists (select 1 from unnest(v_messages) i join messages w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.reply_provider_id = i.provider_message_id and w.reply_message_id is null) as quoted
      into v_has from unnest(v_messages) m;
    if v_has.outbound then v_changed := settle_echoes(v_messages, v_threads); end if;
    v_stored := insert_messages(v_messages, v_threads, v_contacts, v_has.files);
    -- For whoever watches, a message that turns out to be live has just arrived.
    v_new := v_stored.stored || v_stored.promoted;
    if cardinality(v_new) > 0 then
      v_rolled := roll_up_threads(v_messages, v_created, v_stored.promoted);
      v_arrived := v_rolled.arrived;
      v_touched := v_rolled.touched;
      v_reopened := v_rolled.reopened;
    end if;
    if v_has.quotes or v_has.quoted then v_changed := v_changed || link_quotes(v_new, v_has.quotes); end if;
    if v_has.parked or cardinality(v_changed) > 0 then
      v_parked := array(select x from take_parked(v_new || v_changed) x);
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

  v_changes := publish_changes(v_created, v_arrived, v_changed, v_renamed, v_reopened, v_doc."receivedAtMs", v_touched);
  if v_changes is null then return; end if;
  return query select * from log_changes(v_changes);
end
$$;
