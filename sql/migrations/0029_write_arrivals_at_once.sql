-- safe: functions, and views whose columns stay. What nearly every webhook is, a plain message, takes one statement. What
-- entities look like moves from the views into functions, because it shows rows that it has only just written. Newcomers
-- take fewer looks.

-- The shape of a message; its file and its reactions are looked up by whoever shows it. Kind-specific parts are stored as
-- the object they are shown as, so they are joined as text.
create function message_entity(m messages, media json, reactions json) returns json language sql stable as $$
  select (left(json_build_object(
    'id', m.id, 'threadId', m.thread_id, 'accountId', m.account_id, 'direction', m.direction, 'kind', m.kind,
    'text', case when m.revoked_at is null then m.text end,
    'media', media,
    'replyTo', case when m.reply_provider_id is not null or m.reply_message_id is not null
      then json_build_object('messageId', m.reply_message_id, 'providerMessageId', m.reply_provider_id) end,
    'reactions', reactions,
    'status', m.status,
    'statusAt', json_strip_nulls(json_build_object('sent', iso(m.at_sent), 'delivered', iso(m.at_delivered),
      'read', iso(m.at_read), 'played', iso(m.at_played), 'failed', iso(m.at_failed))),
    'error', case when m.status = 'failed' then m.error end,
    'author', json_build_object('type', m.author_type, 'id', m.author_id, 'name', m.author_name),
    'providerMessageId', m.provider_message_id, 'commandId', m.command_id,
    'sentAt', iso(m.sent_at), 'receivedAt', iso(m.received_at), 'position', m.position,
    'editedAt', iso(m.edited_at), 'revokedAt', iso(m.revoked_at), 'version', m.version,
    'forwarded', m.forwarded, 'backlog', m.history)::text, -1)
    || case when m.revoked_at is null and m.content is not null then ',' || substr((case when m.kind = 'poll' then poll_content(m.tenant_id, m.id, m.content) else m.content end)::text, 2) else '}' end)::json
$$;

create or replace view message_entities with (security_invoker = true) as
  select m.tenant_id, m.id, message_entity(m,
    case when m.revoked_at is null and m.media_id is not null then (
      select f.entity from media_entities f where f.tenant_id = m.tenant_id and f.id = m.media_id) end,
    coalesce((
      select json_agg(json_build_object('emoji', r.emoji, 'by', json_build_object('type', r.by_type, 'id', r.by_id))
                      order by r.at, r.by_id)
      from reactions r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.emoji is not null), '[]'::json)) as entity
  from messages m;

-- What a conversation shows of its last message: one line for the list, empty where the kind alone says it.
create function message_line(id uuid, direction text, kind text, words text, sent_at timestamptz, status text)
returns json language sql stable as $$
  select json_build_object('id', id, 'direction', direction, 'kind', kind,
    'preview', coalesce(left(regexp_replace(words, '\s+', ' ', 'g'), 160), ''), 'at', iso(sent_at), 'status', status)
$$;

create function thread_entity(t threads, contact json, last_message json) returns json language sql stable as $$
  select json_build_object(
    'id', t.id, 'tenantId', t.tenant_id, 'accountId', t.account_id, 'contact', contact,
    'status', t.status, 'assigneeId', t.assignee_id, 'tags', t.tags, 'unreadCount', t.unread_count,
    'lastMessage', last_message,
    'lastActivityAt', iso(t.last_activity_at), 'windowExpiresAt', iso(t.window_expires_at),
    'snoozedUntil', iso(t.snoozed_until), 'version', t.version, 'createdAt', iso(t.created_at))
$$;

create or replace view thread_entities with (security_invoker = true) as
  select t.tenant_id, t.id, thread_entity(t,
    (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id),
    (select message_line(m.id, m.direction, m.kind, case when m.revoked_at is null then m.text end, m.sent_at, m.status)
      from messages m where m.tenant_id = t.tenant_id and m.id = t.last_message_id)) as entity
  from threads t;

-- Numbers and stores changes. Must be the last write of its transaction: it takes the counter rows of the tenants
-- concerned (in tenant order, so that two batches cannot deadlock) and they stay locked until commit.
-- Security definer: a member's own role may append to the log of its tenant but not read or change counters.
create or replace function log_changes(changes change[])
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql rows 3 security definer set search_path = public
  -- A handful of rows by key, always: on a fresh database without statistics the planner would hash whole tables.
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_tenant uuid := session_tenant();
  v_change change;
  v_logged bigint;
begin
  -- One by one: a query would take ten times as long for the two or three that a command changes.
  if v_tenant is not null then
    foreach v_change in array changes loop
      if v_change.tenant_id <> v_tenant then
        raise exception 'a change of another tenant cannot be logged' using errcode = '42501';
      end if;
    end loop;
  end if;
  perform 1 from tenant_logs l
    where l.tenant_id in (select c.tenant_id from unnest(changes) c) order by l.tenant_id for no key update;
  return query
    with numbered as materialized (
      select c.ord, c.tenant_id, c.type, c.id, c.thread_id, c.before, coalesce(c.created, false) as created, c.received_at_ms,
        l.epoch, l.head + row_number() over (partition by c.tenant_id order by c.ord) as seq
      from unnest(changes) c join tenant_logs l on l.tenant_id = c.tenant_id
    ), filled as (
      select n.*, json_build_object('thread', e.entity) as data from numbered n
        join thread_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type in ('thread.created', 'thread.updated')
      union all
      select n.*, json_build_object('message', e.entity) from numbered n
        join message_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type in ('message.created', 'message.updated')
      union all
      select n.*, d.data from numbered n cross join lateral (select told_of_rare(n.type, n.tenant_id, n.id, n.thread_id) as data) d
        where n.type not in ('thread.created', 'thread.updated', 'message.created', 'message.updated') and d.data is not null
    ), written as (
      insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
      select f.tenant_id, f.seq, v_now, f.type, f.thread_id, f.before, t.assignee_id, f.created, f.received_at_ms, f.data
      from filled f left join threads t on t.tenant_id = f.tenant_id and t.id = f.thread_id
      returning e.tenant_id, e.seq, e.type, e.received_at_ms, json_build_object('seq', e.seq, 'at', iso(e.at), 'type', e.type,
        'threadId', e.thread_id, 'assigneeBefore', e.assignee_before, 'assigneeAfter', e.assignee_after, 'created', e.created,
        'receivedAtMs', e.received_at_ms, 'data', e.data) as event
    ), counted as (
      update tenant_logs l set head = w.head
      from (select n.tenant_id, max(n.seq) as head from numbered n group by n.tenant_id) w
      where l.tenant_id = w.tenant_id
      returning l.tenant_id, l.epoch
    )
    select w.tenant_id, k.epoch, w.seq, w.type, w.received_at_ms, w.event
    from written w join counted k on k.tenant_id = w.tenant_id
    order by w.tenant_id, w.seq;
  get diagnostics v_logged = row_count;
  -- A number without an event would be a hole that every client takes for a loss.
  if v_logged <> cardinality(changes) then
    raise exception 'a change names an entity that does not exist' using errcode = '23503';
  end if;
  perform renew_plans();
end
$$;

-- Stores and logs new messages, nothing else being changed by them but their threads. The caller holds the locks of
-- messages and threads and has seen that the messages are inbound, of the threads' own contacts, bare of files and quotes,
-- and none of them stored or a duplicate of another; `created` are threads that nobody has been told of. The same rows
-- and events as insert_messages, roll_up_threads, publish_changes and log_changes give. Indexes: messages_provider_key,
-- primary keys of threads, contacts, tenant_logs. Locks the counters of the tenants concerned, in tenant order, until commit.
create function write_arrivals(items ingest_message[], threads_of uuid[], contacts_of uuid[], created row_key[], received bigint)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
    with inserted as (
      insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, content, forwarded, status,
          author_type, author_id, provider_message_id, sent_at, received_at, position, unread)
        select i.tenant_id, i.id, threads_of[i.party], i.account_id, i.direction, i.kind, i.text, i.content, i.forwarded, 'received',
          'contact', contacts_of[i.sender], i.provider_message_id, ms(i.sent_ms), ms(i.received_ms), i.position, true
        from unnest(items) i
        returning m.tenant_id, m.id, m.thread_id, m.position, m.received_at, message_entity(m, null, '[]') as entity
    ), summed as (
      select i.tenant_id, threads_of[i.party] as id, count(*) as unread, ms(max(i.sent_ms)) as at, ms(max(i.window_ms)) as window_end,
        (array_agg(i.ord order by i.position desc))[1] as newest
      from unnest(items) i group by 1, 2
    ), rolled as (
      select s.*, row(s.tenant_id, s.id)::row_key = any (created) as fresh, i.id as message_id, i.position, i.reply_type, i.reply_value,
        message_line(i.id, i.direction, i.kind, i.text, ms(i.sent_ms), 'received') as line
      from summed s join unnest(items) i on i.ord = s.newest
    ), updated as (
      update threads t set version = t.version + case when s.fresh then 0 else 1 end, unread_count = t.unread_count + s.unread,
        last_message_id = case when s.position > coalesce(t.last_position, '') then s.message_id else t.last_message_id end,
        last_position = greatest(t.last_position, s.position),
        last_activity_at = greatest(t.last_activity_at, s.at),
        window_expires_at = greatest(t.window_expires_at, s.window_end),
        reply_type = case when s.position >= coalesce(t.last_position, '') then s.reply_type else t.reply_type end,
        reply_value = case when s.position >= coalesce(t.last_position, '') then s.reply_value else t.reply_value end,
        status = case when t.status in ('resolved', 'snoozed') then 'open' else t.status end,
        snoozed_until = null
      from rolled s where t.tenant_id = s.tenant_id and t.id = s.id
      returning t.tenant_id, t.id, t.assignee_id, s.fresh, thread_entity(t,
        (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id),
        case when t.last_message_id = s.message_id then s.line else (
          select message_line(m.id, m.direction, m.kind, case when m.revoked_at is null then m.text end, m.sent_at, m.status)
          from messages m where m.tenant_id = t.tenant_id and m.id = t.last_message_id) end) as entity
    ), changes as (
      select i.tenant_id, 1 as kind, i.position, 'message.created' as type, i.thread_id, false as created,
        (select t.assignee_id from threads t where t.tenant_id = i.tenant_id and t.id = i.thread_id) as assignee_id,
        (extract(epoch from i.received_at) * 1000)::bigint as received_at_ms, json_build_object('message', i.entity) as data
      from inserted i
      union all
      select u.tenant_id, case when u.fresh then 0 else 2 end, '', case when u.fresh then 'thread.created' else 'thread.updated' end,
        u.id, u.fresh, u.assignee_id, received, json_build_object('thread', u.entity)
      from updated u
    ), grown as (
      select c.tenant_id, count(*) as n from changes c group by c.tenant_id
    ), locked as materialized (
      select l.tenant_id, l.epoch, l.head, g.n from grown g join tenant_logs l on l.tenant_id = g.tenant_id
      order by l.tenant_id for no key update of l
    ), counted as (
      update tenant_logs l set head = k.head + k.n from locked k where l.tenant_id = k.tenant_id
    ), written as (
      insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
        select c.tenant_id, k.head + row_number() over (partition by c.tenant_id order by c.kind, c.position), v_now,
          c.type, c.thread_id, c.assignee_id, c.assignee_id, c.created, c.received_at_ms, c.data
        from changes c join locked k on k.tenant_id = c.tenant_id
        returning e.tenant_id, e.seq, e.type, e.received_at_ms, log_event_json(e) as event
    )
    select w.tenant_id, (select k.epoch from locked k where k.tenant_id = w.tenant_id), w.seq, w.type, w.received_at_ms, w.event
    from written w order by w.tenant_id, w.seq;
  perform renew_plans();
end
$$;

-- Ids for persons whom nobody knows yet. Whoever writes from the number that another person of the batch changed to is
-- that person, as they would be in the next batch; `linked`: whether anybody of it changed to another number.
drop function name_newcomers(ingest_person[], uuid[]);
create function name_newcomers(persons ingest_person[], known uuid[], linked boolean) returns uuid[] language plpgsql as $$
declare
  v_contacts uuid[];
  v_same record;
begin
  v_contacts := array(select coalesce(known[p.n], case when p.known_only is not true then uuidv7() end)
    from unnest(persons) p order by p.n);
  if not linked then return v_contacts; end if;
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

-- Finds or creates the contact of every person: ids by person number (1-based), null for unknown ones that are only told
-- about; contacts that gained an address; and `told`: whether any may look different by what its person tells.
-- Index: contact_addresses and contacts primary keys. Locks: transaction advisory locks on addresses nobody has yet, in
-- key order, so that ten first messages of one person make one contact. An address that belongs to somebody else stays
-- there: nothing merges silently.
create or replace function resolve_contacts(persons ingest_person[], out contacts_of uuid[], out gained row_key[], out told boolean)
language plpgsql as $$
declare
  v_complete boolean;
  v_more boolean;
  v_missing bigint;
  v_known uuid[];
begin
  gained := '{}';
  -- One look is enough where everybody is known by all addresses.
  select array_agg(ca.contact_id order by p.n) filter (where a.ord = 1 and a.link is not true), bool_and(ca.contact_id is not null),
    bool_or((p.name <> c.display_name and (c.named_at is null or c.named_at < ms(p.named_at_ms)))
      or (p.consent is not null and (c.marketing_consent_at is null or c.marketing_consent_at < ms(p.consent_at_ms)))
      or p.new_phone is not null or (p.phone is not null and c.phone is null)),
    bool_or(p.consent is not null or p.new_phone is not null or a.link is true)
    into contacts_of, v_complete, told, v_more
  from unnest(persons) p cross join lateral unnest(p.addresses) a
    left join contact_addresses ca on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key
    left join contacts c on c.tenant_id = ca.tenant_id and c.id = ca.contact_id;
  if v_complete then return; end if;

  told := true;
  select count(pg_advisory_xact_lock(k.key)) into v_missing from (
    select distinct hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1) as key
    from unnest(persons) p cross join lateral unnest(p.addresses) a
    where not exists (select 1 from contact_addresses ca
      where ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key)
    order by 1) k;
  -- Looked up only now: an address that was there above has its contact, and one that was not is locked by us.
  v_known := find_contacts(persons);
  contacts_of := v_known;
  if v_missing = 0 then return; end if;
  contacts_of := name_newcomers(persons, v_known, v_more);
  -- The rows below tell all that is told of newcomers, but for these.
  told := v_more or cardinality(array_remove(v_known, null)) > 0;
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
  v_few boolean;
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
    v_few := cardinality(v_messages) <= 20 and cardinality(v_targets) + cardinality(v_renamed) = 0;
    select bool_or(m.direction = 'outbound') as outbound, bool_or(m.reply_provider_id is not null) as quotes, bool_or(m.media is not null) as files,
      exists (select 1 from unnest(v_messages) i join parked w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.target_id = i.provider_message_id) as parked,
      exists (select 1 from unnest(v_messages) i join messages w on w.tenant_id = i.tenant_id and w.account_id = i.account_id
        and w.reply_provider_id = i.provider_message_id and w.reply_message_id is null) as quoted,
      v_few and bool_and(m.kind <> 'system' and not m.history and not m.id_within_chat and m.sender = m.person)
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
