-- safe: functions as they are, but that a customer who was merged is who they have become, that an edit without a time that
-- says what is stored already changes nothing, and that our reference finds our send in any chat. The release before goes on working.

-- Who a contact has become by merges; itself where it stands, is erased, which leads to itself, or is nobody.
-- Index: contacts primary key.
create function surviving_contact(tenant uuid, contact uuid) returns uuid language sql stable as $$
  with recursive path as (
    select c.id, c.merged_into, 0 as step from contacts c where c.tenant_id = tenant and c.id = contact
    union all
    select c.id, c.merged_into, p.step + 1 from path p join contacts c on c.tenant_id = tenant and c.id = p.merged_into
      where p.merged_into <> p.id
  )
  select coalesce((select p.id from path p order by p.step desc limit 1), contact)
$$;

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- A chat or author that was merged while this waited, for the merge or for its message, is who they have become.
-- An edit without a time, which counts from its receipt, is a repetition where the text is what it was just before.
-- Index: messages_provider_key, contacts primary key.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.text as stored_text, m.edited_at, m.direction = e.direction
      and case when e.contact_id is not null then t.contact_id = surviving_contact(e.tenant_id, e.contact_id)
          else e.person is null and count(*) filter (where m.direction = e.direction) over (partition by e.n) = 1 end
      and (e.revoked or e.author_id is null or m.author_id = surviving_contact(e.tenant_id, e.author_id)) as trusted
    from (select row_number() over () as n, u.*, ms(coalesce(u.at_ms, u.received_ms)) as at from unnest(items) u) e
    left join messages m on m.tenant_id = e.tenant_id and m.account_id = e.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = e.target_id
    left join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, case when t.revoked then 'revoke' else 'edit' end,
        coalesce(t.at_ms, t.received_ms) || ':' || md5(coalesce(t.text, '')),
        json_build_object('tenant_id', t.tenant_id, 'account_id', t.account_id, 'target_id', t.target_id, 'direction', t.direction,
          'contact_id', t.contact_id, 'author_id', t.author_id, 'revoked', t.revoked, 'text', t.text, 'at_ms', t.at_ms,
          'received_ms', t.received_ms)
      from target t where t.message_id is null
      on conflict do nothing
  ), said as (
    select t.tenant_id, t.message_id, t.revoked, t.text, t.at, t.at_ms is null and t.text is not distinct from
      lag(t.text, 1, t.stored_text) over (partition by t.tenant_id, t.message_id, t.revoked order by t.at, t.text desc) as repeated
    from target t where t.message_id is not null and t.trusted and (t.revoked or t.at > coalesce(t.edited_at, '-infinity'))
  ), merged as (
    select s.tenant_id, s.message_id, min(s.at) filter (where s.revoked) as revoked, max(s.at) filter (where not s.revoked and not s.repeated) as edited,
      (array_agg(s.text order by s.at desc, s.text) filter (where not s.revoked and not s.repeated))[1] as text
    from said s group by 1, 2
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

-- The last reaction of each person wins, by the provider's clock. Unknown targets are parked; one that stands in another
-- chat is nobody's. People and chats that were merged while this waited are who they have become.
-- Index: messages_provider_key, reactions and contacts primary keys.
create or replace function apply_reactions(items ingest_reaction[]) returns row_key[] language sql as $$
  with target as (
    select r.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere,
      case when r.by_type = 'contact' then surviving_contact(r.tenant_id, r.by_id) else r.by_id end as by_now
    from unnest(items) r left join lateral (
      select (array_agg(m.id) filter (where r.chat_id is null or t.contact_id = surviving_contact(r.tenant_id, r.chat_id)))[1] as message_id, count(*) > 0 as elsewhere
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
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_now) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_now, coalesce(t.at_ms, t.received_ms) desc, t.emoji desc nulls last
  ), stored as (
    insert into reactions as r (tenant_id, message_id, by_type, by_id, emoji, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_now, l.emoji, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set emoji = excluded.emoji, at = excluded.at
        where (excluded.at, coalesce(excluded.emoji, '')) > (r.at, coalesce(r.emoji, ''))
      returning r.tenant_id, r.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

-- The last vote of each person is their whole choice. As apply_reactions. Index: messages_provider_key, poll_votes and contacts primary keys.
create or replace function apply_votes(items ingest_vote[]) returns row_key[] language sql as $$
  with target as (
    select v.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere,
      case when v.by_type = 'contact' then surviving_contact(v.tenant_id, v.by_id) else v.by_id end as by_now
    from unnest(items) v left join lateral (
      select (array_agg(m.id) filter (where v.chat_id is null or t.contact_id = surviving_contact(v.tenant_id, v.chat_id)))[1] as message_id, count(*) > 0 as elsewhere
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
    select distinct on (t.tenant_id, t.message_id, t.by_type, t.by_now) t.*, ms(coalesce(t.at_ms, t.received_ms)) as at
    from target t where t.message_id is not null
    order by t.tenant_id, t.message_id, t.by_type, t.by_now, coalesce(t.at_ms, t.received_ms) desc, t.options desc
  ), stored as (
    insert into poll_votes as v (tenant_id, message_id, by_type, by_id, options, at)
      select l.tenant_id, l.message_id, l.by_type, l.by_now, l.options, l.at from last l
      on conflict (tenant_id, message_id, by_type, by_id) do update set options = excluded.options, at = excluded.at
        where (excluded.at, excluded.options) > (v.at, v.options)
      returning v.tenant_id, v.message_id
  )
  select coalesce(array_agg(distinct row(s.tenant_id, s.message_id)::row_key), '{}') from stored s
$$;

-- An outbound webhook item can be our own send, seen before its HTTP answer was recorded: by our reference, whatever chat
-- the carrier names, or, where the provider has none, the oldest unanswered send of the same content in the thread. It
-- settles that send, as a state would, where it stands. Index: messages primary key, messages_sending_key / messages_by_thread.
create or replace function settle_echoes(items ingest_message[], threads_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_item ingest_message;
  v_id uuid;
  v_settled row_key[] := '{}';
begin
  foreach v_item in array items loop
    continue when v_item.direction <> 'outbound' or v_item.history or exists (
      select 1 from messages m where m.tenant_id = v_item.tenant_id and m.account_id = v_item.account_id
        and m.direction = 'outbound' and m.provider_message_id = v_item.provider_message_id);
    if v_item.client_ref is not null then
      select m.id into v_id from messages m
        where m.tenant_id = v_item.tenant_id and m.id = v_item.client_ref and m.account_id = v_item.account_id
          and m.direction = 'outbound' and m.provider_message_id is null;
    else
      select m.id into v_id from messages m
        where m.tenant_id = v_item.tenant_id and m.thread_id = threads_of[v_item.party] and m.direction = 'outbound'
          and m.provider_message_id is null and m.send_state in ('sending', 'unknown')
          and v_item.origin = 'api' and m.kind = v_item.kind and coalesce(m.text, '') = coalesce(v_item.text, '')
        order by m.position limit 1;
    end if;
    continue when v_id is null;
    update messages m set provider_message_id = v_item.provider_message_id,
        send_state = case when m.send_state in ('queued', 'sending', 'unknown') then 'accepted' else m.send_state end,
        at_sent = least(m.at_sent, ms(v_item.sent_ms))
      where m.tenant_id = v_item.tenant_id and m.id = v_id;
    v_settled := v_settled || row(v_item.tenant_id, v_id)::row_key;
  end loop;
  return v_settled;
end
$$;

-- Makes the threads of new conversations. Returns the ids created. What settle_echoes will settle begins none.
-- Index: threads_contact_key, messages_provider_key, messages primary key.
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
    and (i.client_ref is null or i.history or i.direction <> 'outbound' or not exists (select 1 from messages m
      where m.tenant_id = i.tenant_id and m.id = i.client_ref and m.account_id = i.account_id
        and m.direction = 'outbound' and m.provider_message_id is null))
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
-- about or names by our reference, and those of contacts that look different. False where a contact was merged away or erased since the batch looked for it:
-- a merge takes the threads away, and a batch that begins anew finds the contact that has the addresses now. Index: threads and messages primary keys, messages_provider_key, threads_contact_key.
create or replace function lock_threads(parties ingest_party[], threads_of uuid[], contacts_of uuid[], targets ingest_target[],
  statuses ingest_status[], renamed row_key[])
returns boolean language plpgsql as $$
declare
  v_locked bigint;
begin
  if cardinality(targets) + cardinality(statuses) + cardinality(renamed) > 0 then
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
        and t.erased_at is null
    order by t.tenant_id, t.id for no key update of t;
  get diagnostics v_locked = row_count;
  return v_locked = cardinality(array_remove(threads_of, null));
end
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
  v_echoes ingest_status[] := '{}';
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
    -- An echo refers to our own send as a state does.
    v_echoes := array(select row(m.tenant_id, m.account_id, m.provider_message_id, m.client_ref, null, null, null, null, null)::ingest_status
      from unnest(v_messages) m where m.direction = 'outbound' and m.client_ref is not null);
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
  if is_erased(v_persons, v_messages, v_targets, v_statuses || v_echoes, v_doc."receivedAtMs") then
    raise exception 'something of this was erased' using errcode = 'P0E01';
  end if;

  if cardinality(v_parties) > 0 then
    v_threads := find_threads(v_parties, v_contacts);
    if array_position(v_threads, null) is not null then
      v_created := open_threads(v_messages, v_contacts);
      v_threads := find_threads(v_parties, v_contacts);
    end if;
  end if;
  if not lock_threads(v_parties, v_threads, v_contacts, v_targets, v_statuses || v_echoes, v_renamed) then
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
