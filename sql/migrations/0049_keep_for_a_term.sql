-- safe: columns that are null of all that is there, and functions. The release before goes on working; it takes the work
-- of a term for the erasure of a contact, so set a term when all run this one.

-- For how long a business keeps a conversation in which nothing happens; null: until somebody erases it. A term acts from
-- `keep_from` on, a day after it was set, so that who typed a wrong one can take it back.
alter table tenants add column keep_days int check (keep_days between 30 and 36500);
alter table tenants add column keep_from timestamptz;
alter table tenants add constraint tenants_keep_check check ((keep_days is null) = (keep_from is null));
create index tenants_keeping on tenants (id) where keep_days is not null;

-- When it last came back by itself: who asked for that has something to do then.
alter table threads add column woken_at timestamptz;

-- A business with a term has one row that is used again and again, with its own id as the contact's. `walked`: how far its
-- conversations were looked through.
alter table erasures add column by_term boolean not null default false;
alter table erasures add column walked text not null default '';
grant select (by_term) on erasures to hunfly_app;
alter table erasures drop constraint erasures_stage_check;
alter table erasures add constraint erasures_stage_check check (stage in
  ('over', 'messages', 'elsewhere', 'notes', 'events', 'commands', 'letters', 'arrivals', 'journal', 'files'));

-- Whether nothing has happened in a conversation since then and nothing is to come: no message was taken in or tried to be sent, however
-- old it is itself, no note, nothing that somebody did to it or its contact and the audit log has, no merge that they may want to undo; it
-- does not sleep, has not woken since, and nothing of it is on its way to the carrier. Its messages are read last, all of them: by then it
-- mostly goes. Indexes: notes_by_thread, audit_log_by_subject, contact_merges_standing, messages_queued, messages_sending_key,
-- reaction_sends_queued, reaction_sends_sending_key, messages_by_thread. No locks.
create function is_over(t threads, since timestamptz) returns boolean language plpgsql stable
  set enable_seqscan = off set jit = off
as $$
begin
  return t.erased_at is null and t.status <> 'snoozed'
    and t.last_activity_at < since and t.created_at < since and coalesce(t.woken_at < since, true)
    and not exists (select from notes n where n.tenant_id = t.tenant_id and n.thread_id = t.id and n.created_at >= since)
    and not exists (select from audit_log a
      where a.tenant_id = t.tenant_id and a.subject_id in (t.id::text, t.contact_id::text) and a.at >= since)
    and not exists (select from contact_merges g
      where g.tenant_id = t.tenant_id and g.into_contact_id = t.contact_id and g.undone_at is null and g.merged_at >= since)
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.send_state = 'queued')
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id and m.send_state = 'sending')
    and not exists (select from reaction_sends s where s.tenant_id = t.tenant_id and s.thread_id = t.id and s.send_state = 'queued')
    and not exists (select from reaction_sends s where s.tenant_id = t.tenant_id and s.thread_id = t.id and s.send_state = 'sending')
    and not exists (select from messages m where m.tenant_id = t.tenant_id and m.thread_id = t.id
      and greatest(m.received_at, m.attempt_started_at, m.at_failed) >= since);
end
$$;

-- Whether a contact has a conversation but for these, or takes part in one. Indexes: threads_contact_key,
-- messages_by_participant, reactions_by_contact, poll_votes_by_contact, primary keys. No locks.
create function has_threads(tenant uuid, contact uuid, but_for uuid[]) returns boolean language plpgsql stable
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  return exists (
      select from threads t where t.tenant_id = tenant and t.contact_id = contact and t.erased_at is null and t.id <> all (but_for))
    or exists (
      select from messages m join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where m.tenant_id = tenant and m.author_id = contact and m.author_name is not null
        and t.erased_at is null and t.id <> all (but_for))
    or exists (
      select from reactions r join messages m on m.tenant_id = r.tenant_id and m.id = r.message_id
        join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where r.tenant_id = tenant and r.by_type = 'contact' and r.by_id = contact
        and t.erased_at is null and t.id <> all (but_for))
    or exists (
      select from poll_votes v join messages m on m.tenant_id = v.tenant_id and m.id = v.message_id
        join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
      where v.tenant_id = tenant and v.by_type = 'contact' and v.by_id = contact
        and t.erased_at is null and t.id <> all (but_for));
end
$$;

-- These contacts and those that were merged into them. Index: contact_merges_standing. No locks.
create function with_merged(tenant uuid, ids uuid[]) returns uuid[] language sql stable as $$
  with recursive parts as (
    select unnest(ids) as id
    union select g.from_contact_id from parts p join contact_merges g on g.tenant_id = tenant and g.into_contact_id = p.id
      and g.undone_at is null)
  select array(select id from parts)
$$;

-- Forgets who these were. Each leads to itself from now on, so that who looked it up meanwhile begins anew, as after a merge.
-- The caller holds the contacts `for update`. Indexes: primary keys, contact_merges_standing, contact_addresses_by_contact.
create function forget_contacts(tenant uuid, ids uuid[]) returns void language plpgsql as $$
begin
  delete from contact_merges g
    where g.tenant_id = tenant and (g.into_contact_id = any (ids) or g.from_contact_id = any (ids));
  delete from contact_addresses a where a.tenant_id = tenant and a.contact_id = any (ids);
  update contacts c set display_name = '…', named_at = null, phone = null, marketing_consent = null,
      marketing_consent_at = null, merged_into = c.id, version = c.version + 1
    where c.tenant_id = tenant and c.id = any (ids);
end
$$;

-- From now on these conversations are there for nobody. The caller holds them. Lists and terms read in the order of activity, which
-- is finite for whatever is there: the empty rows, which stay, lie outside and are not read again each time.
-- Indexes: threads and receipts primary keys.
create function hide_threads(tenant uuid, ids uuid[]) returns table (thread_id uuid, assignee_id uuid) language plpgsql as $$
#variable_conflict use_column
begin
  delete from receipts r where r.tenant_id = tenant and r.thread_id = any (ids);
  return query
    update threads t set erased_at = now(), last_activity_at = '-infinity', status = 'resolved', unread_count = 0, last_message_id = null, last_position = null,
        window_expires_at = null, snoozed_until = null, tags = '{}', reply_value = '', version = t.version + 1
      where t.tenant_id = tenant and t.id = any (ids)
      returning t.id, t.assignee_id;
end
$$;

-- Of these conversations those go in which nothing has happened since then, and their contacts where nothing of theirs is left. What goes
-- of a contact that stays is handed to a row that is nobody, so that the next message begins a new conversation; a merge that
-- it was part of cannot be undone any more, which its other conversations show. What somebody holds is left for the next time. Indexes: primary keys,
-- contact_merges_standing, and at is_over and has_threads. Locks, in order: the contacts `for update`, their conversations.
create function end_threads(e erasures, candidates uuid[], since timestamptz)
returns table (thread_id uuid, assignee_id uuid, gone boolean)
language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
#variable_conflict use_column
declare
  v_contacts uuid[];
  v_threads uuid[];
  v_kept uuid[];
  v_gone uuid[];
  v_merged uuid[];
  v_folded uuid[];
  v_unlike uuid[];
  v_others uuid[];
begin
  v_contacts := array(select c.id from contacts c
    where c.tenant_id = e.tenant_id and c.id in (
      select t.contact_id from threads t where t.tenant_id = e.tenant_id and t.id = any (candidates) and is_over(t, since))
    order by c.id for update of c skip locked);
  v_threads := array(select t.id from threads t
    where t.tenant_id = e.tenant_id and t.id = any (candidates) and t.contact_id = any (v_contacts)
    order by t.id for no key update of t skip locked);
  -- Looked at again now that they are held: what was committed while they were being locked counts.
  v_threads := array(select t.id from threads t
    where t.tenant_id = e.tenant_id and t.id = any (v_threads) and t.contact_id = any (v_contacts) and is_over(t, since));
  v_contacts := array(select distinct t.contact_id from threads t where t.tenant_id = e.tenant_id and t.id = any (v_threads));
  v_kept := array(select c from unnest(v_contacts) c where has_threads(e.tenant_id, c, v_threads));

  select coalesce(array_agg(g.from_contact_id), '{}'), coalesce(array_agg(g.into_contact_id), '{}') into v_merged, v_unlike from contact_merges g
    where g.tenant_id = e.tenant_id and g.into_contact_id = any (v_kept) and g.undone_at is null and (
      exists (select from json_array_elements_text(g.before->'moved') m (id) where m.id::uuid = any (v_threads))
      or exists (select from json_array_elements(g.before->'folded') f where (f->'target'->>'id')::uuid = any (v_threads)));
  v_merged := with_merged(e.tenant_id, v_merged);
  v_gone := with_merged(e.tenant_id, array(select c from unnest(v_contacts) c where c <> all (v_kept)));
  -- Conversations that became a part of these: the log still tells of them.
  v_folded := array(select (f.value->'source'->>'id')::uuid from contact_merges g cross join lateral json_array_elements(g.before->'folded') f
    where g.tenant_id = e.tenant_id and g.undone_at is null and (g.into_contact_id = any (v_gone) or g.from_contact_id = any (v_merged)));
  delete from contact_merges g
    where g.tenant_id = e.tenant_id and (g.from_contact_id = any (v_merged) or g.into_contact_id = any (v_merged));
  update contacts c set display_name = '…', phone = null, version = c.version + 1
    where c.tenant_id = e.tenant_id and c.id = any (v_merged);
  update contacts c set version = c.version + 1 where c.tenant_id = e.tenant_id and c.id = any (v_unlike);
  v_others := array(select t.id from threads t
    where t.tenant_id = e.tenant_id and t.contact_id = any (v_unlike) and t.id <> all (v_threads) and t.erased_at is null
    order by t.id for no key update);
  with nobody as materialized (
    select t.id, uuidv7() as contact_id from threads t
    where t.tenant_id = e.tenant_id and t.id = any (v_threads) and t.contact_id = any (v_kept)
  ), made as (
    insert into contacts (tenant_id, id, display_name, merged_into)
      select e.tenant_id, n.contact_id, '…', n.contact_id from nobody n
  )
  update threads t set contact_id = n.contact_id from nobody n where t.tenant_id = e.tenant_id and t.id = n.id;

  perform forget_contacts(e.tenant_id, v_gone);
  update erasures r set thread_ids = r.thread_ids || v_threads || v_folded, contact_ids = r.contact_ids || v_gone,
      other_thread_ids = r.other_thread_ids || v_others
    where r.tenant_id = e.tenant_id and r.contact_id = e.contact_id;
  return query select h.thread_id, h.assignee_id, true from hide_threads(e.tenant_id, v_threads) h;
  return query
    update threads t set version = t.version + 1 where t.tenant_id = e.tenant_id and t.id = any (v_others)
      returning t.id, t.assignee_id, false;
end
$$;

-- The next messages of the conversations of a term, by conversation and position; how many there were, 0 at the end. Who took part in them
-- and in nothing else goes with them. Indexes: messages_by_thread, and at has_threads. Locks, in order: these
-- contacts `for update`, the keys of the messages, the conversations.
create function end_messages(e erasures, behind_thread uuid, behind text, most int, out reached_thread uuid, out reached text, out amount int)
language plpgsql as $$
declare
  v_ids uuid[] := '{}';
  v_people uuid[];
  v_thread uuid;
  v_found record;
begin
  amount := 0;
  for v_thread in select x.id from unnest(e.thread_ids) x (id) where x.id >= behind_thread order by 1 loop
    select array_agg(x.id) as ids, max(x.position) as position, count(*)::int as amount into v_found from (
      select m.id, m.position from messages m
      where m.tenant_id = e.tenant_id and m.thread_id = v_thread and m.position > case when v_thread = behind_thread then behind else '' end
      order by m.position limit most - amount) x;
    if v_found.amount > 0 then
      reached_thread := v_thread;
      reached := v_found.position;
      amount := amount + v_found.amount;
      v_ids := v_ids || v_found.ids;
    end if;
    exit when amount >= most;
  end loop;
  if amount = 0 then return; end if;
  v_people := array(select c.id from contacts c
    where c.tenant_id = e.tenant_id and c.merged_into is null and c.id in (
      select m.author_id from messages m where m.tenant_id = e.tenant_id and m.id = any (v_ids) and m.author_type = 'contact'
      union all select r.by_id from reactions r where r.tenant_id = e.tenant_id and r.message_id = any (v_ids) and r.by_type = 'contact'
      union all select v.by_id from poll_votes v where v.tenant_id = e.tenant_id and v.message_id = any (v_ids) and v.by_type = 'contact')
    order by c.id for update of c);
  perform lock_erased(e.tenant_id, v_ids);
  perform empty_messages(e.tenant_id, e.contact_id, v_ids);
  update messages m set unread = false, author_id = case when m.author_type <> 'contact' then m.author_id end
    where m.tenant_id = e.tenant_id and m.id = any (v_ids);
  perform forget_contacts(e.tenant_id, with_merged(e.tenant_id, array(
    select p from unnest(v_people) p where not has_threads(e.tenant_id, p, '{}'))));
end
$$;

-- Holds who takes part in something, so that nobody finds that nothing of theirs is left; false where somebody is gone. Before
-- any contact is changed. Index: contacts primary key. Lock: the contacts, `for key share`.
create function hold_contacts(persons ingest_person[], contacts_of uuid[]) returns boolean language plpgsql as $$
begin
  perform 1 from contacts c join (select distinct p.tenant_id, contacts_of[p.n] as id from unnest(persons) p) x
    on x.tenant_id = c.tenant_id and x.id = c.id
  order by c.tenant_id, c.id for key share of c;
  return not exists (select from unnest(persons) p join contacts c on c.tenant_id = p.tenant_id and c.id = contacts_of[p.n]
    where c.merged_into is not null);
end
$$;

-- The first step of an erasure, which everybody sees: who it was is forgotten, their conversations are there for nobody, what
-- was not sent is not sent any more. The contact leads to itself from now on, so that who looked it up meanwhile begins anew,
-- as after a merge. The caller holds the contact `for update` and its threads, and nothing of theirs is on its way.
-- Security definer: the members' role cannot delete what this deletes. Indexes: contacts primary key, contact_merges_standing,
-- contact_addresses_by_contact, threads_contact_key, messages_queued, reaction_sends_queued.
create or replace function begin_erasure(tenant uuid, contact uuid) returns table (thread_id uuid, assignee_id uuid)
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
declare
  v_contacts uuid[];
  v_threads uuid[];
  v_folded uuid[];
begin
  if session_tenant() is not null and session_tenant() <> tenant then
    raise exception 'a contact of another tenant cannot be erased' using errcode = '42501';
  end if;
  with recursive parts as (
    select contact as id
    union select g.from_contact_id from parts p join contact_merges g on g.tenant_id = tenant and g.into_contact_id = p.id
      and g.undone_at is null)
  select array(select id from parts) into v_contacts;
  v_threads := array(select t.id from threads t where t.tenant_id = tenant and t.contact_id = any (v_contacts));
  v_folded := array(select (f.value->'source'->>'id')::uuid from contact_merges g
    cross join lateral json_array_elements(g.before->'folded') f
    where g.tenant_id = tenant and g.into_contact_id = any (v_contacts) and g.undone_at is null);

  insert into erasures (tenant_id, contact_id, contact_ids, thread_ids, addresses, needles)
    select tenant, contact, v_contacts, v_threads || v_folded, coalesce(array_agg(a.type || ':' || a.match_key), '{}'),
      coalesce((select array_agg(distinct n) from (
        select unnest(array[b.value, b.match_key,
          regexp_replace(b.match_key, '^55(\d\d)([6-9]\d{7})$', '55\19\2'),
          regexp_replace(b.match_key, '^52(\d{10})$', '521\1'), regexp_replace(b.match_key, '^54(\d{10})$', '549\1')]) as n
        from contact_addresses b where b.tenant_id = tenant and b.contact_id = any (v_contacts) and b.type <> 'username') s
        where length(n) > 6), '{}')
    from contact_addresses a where a.tenant_id = tenant and a.contact_id = any (v_contacts);

  update messages m set send_state = 'failed', status = 'failed', next_attempt_at = null, version = m.version + 1
    where m.tenant_id = tenant and m.thread_id = any (v_threads) and m.send_state = 'queued';
  update reaction_sends s set send_state = 'failed', next_attempt_at = null
    where s.tenant_id = tenant and s.thread_id = any (v_threads) and s.send_state = 'queued';
  perform forget_contacts(tenant, v_contacts);
  return query select h.thread_id, h.assignee_id from hide_threads(tenant, v_threads) h;
end
$$;

-- What of a name the trigrams are asked for, as a pattern. Words that more than 10 of the newest 100 customers have are left
-- out, and those without a trigram: they tell little, and their entries are as many as there are customers. Where no word
-- tells more, all are asked for. Indexes: threads_by_activity, contacts primary key. No locks.
create or replace function telling_part(q text) returns text language sql stable set enable_indexscan = on as $$
  with newest as materialized (
    select lower(c.display_name) as name
    from (select t.tenant_id, t.contact_id from threads t where t.tenant_id = session_tenant() and t.last_activity_at > '-infinity'
      order by t.last_activity_at desc, t.id desc limit 100) t
    join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
  ), words as (
    select w.word, w.n,
      w.word ~ '[a-z0-9]{3}' and (select count(*) from newest n where strpos(n.name, w.word) > 0) <= 10 as tells
    from string_to_table(lower(q), ' ') with ordinality as w (word, n)
  )
  select '%' || case when bool_or(w.tells) then string_agg(case when w.tells then like_escape(w.word) else '%' end, ' ' order by w.n)
    else like_escape(lower(q)) end || '%' from words w
$$;

-- One batch of parsed webhooks: journal, contacts, threads, messages, states, reactions, votes, edits, files, unread,
-- event log. `p` is the document built by inbox/ingest/batch.ts; `p_bytes` all raw bodies end to end.
-- Atomic and repeatable: the same batch again, or the same items in another batch, in any order, by any number of
-- workers, ends in the same rows and logs nothing twice. Refused as a whole, by P0E01, where anything in it was erased. Lock order: addresses, contacts, message keys, threads, counters.
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
  v_alone boolean;
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
    select array(select x from json_populate_recordset(null::ingest_message, v_doc.messages) x),
      array(select x from json_populate_recordset(null::ingest_person, v_doc.persons) x),
      array(select x from json_populate_recordset(null::ingest_party, v_doc.parties) x) into v_messages, v_persons, v_parties;
  elsif json_array_length(v_doc.persons) > 0 then
    v_persons := array(select x from json_populate_recordset(null::ingest_person, v_doc.persons) x);
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
  if cardinality(v_persons) > 0 then
    v_people := resolve_contacts(v_persons);
    v_contacts := v_people.contacts_of;
    v_renamed := v_people.gained;
    if (cardinality(v_reactions) + cardinality(v_votes) > 0 or exists (select from unnest(v_messages) m where m.sender <> m.person))
      and not hold_contacts(v_persons, v_contacts) then
      raise exception 'a contact went meanwhile' using errcode = '40001';
    end if;
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
  if is_erased(v_persons, v_messages, v_targets, v_statuses, v_doc."receivedAtMs") then
    raise exception 'something of this was erased' using errcode = 'P0E01';
  end if;

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
    v_alone := cardinality(v_targets) + cardinality(v_renamed) = 0;
    select bool_or(m.direction = 'outbound') as outbound, bool_or(m.reply_provider_id is not null) as quotes, bool_or(m.media is not null) as files,
      exists (select 1 from unnest(v_messages) i join parked w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.target_id = i.provider_message_id) as parked,
      exists (select 1 from unnest(v_messages) i join messages w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.reply_provider_id = i.provider_message_id and w.reply_message_id is null) as quoted,
      v_alone and bool_and(m.kind <> 'system' and not m.history and not m.id_within_chat and m.sender = m.person)
        and count(distinct (m.account_id, m.provider_message_id)) = count(*)
        and not exists (select 1 from unnest(v_messages) i join messages w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
          and w.direction = 'inbound' and w.provider_message_id = i.provider_message_id and w.provider_scope = '')
        and not exists (select 1 from unnest(v_parties) p join threads t on t.tenant_id = p.tenant_id and t.id = v_threads[p.n]
          where t.status = 'resolved' and t.assignee_id is not null) as plain
      into v_has from unnest(v_messages) m;
    if v_has.plain and not (v_has.outbound or v_has.quotes or v_has.files or v_has.parked or v_has.quoted) then
      return query select * from write_arrivals(v_messages, v_threads, v_contacts, v_created, v_doc."receivedAtMs");
      return;
    end if;
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
