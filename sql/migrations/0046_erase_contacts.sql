-- safe: two new tables, a column that is null of all that is there, and functions that look at them. The release before goes
-- on working; its inbound workers keep a repeat of what was erased as a dead letter, so erase when all run this one.

-- The erasure of a contact: how far it is, and what has to be known until it is through. Nothing that tells of a person is in
-- it afterwards.
create table erasures (
  tenant_id uuid not null references tenants on delete cascade,
  contact_id uuid not null,
  requested_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  stage text not null default 'messages'
    check (stage in ('messages', 'elsewhere', 'notes', 'events', 'commands', 'letters', 'arrivals', 'journal', 'files')),
  -- Where the stage stands, in its own words.
  place text not null default '',
  messages bigint not null default 0,
  -- The contact and those that were merged into it; conversations of theirs, and others' where they took part.
  contact_ids uuid[] not null,
  thread_ids uuid[] not null,
  other_thread_ids uuid[] not null default '{}',
  -- `type:match_key`, and what raw webhooks are looked through for; empty when it is through.
  addresses text[] not null,
  needles text[] not null,
  primary key (tenant_id, contact_id)
);
create index erasures_running on erasures (tenant_id) where finished_at is null;

-- A message that was erased, by the hash of what its carrier and we call it: a carrier's repeat must not bring it back, and
-- what a carrier calls it holds the customer's number.
create table erased_messages (
  tenant_id uuid not null references tenants on delete cascade,
  account_id uuid not null,
  key bytea not null,
  primary key (tenant_id, account_id, key)
);

-- A file that is to go from the store.
create table erased_files (
  tenant_id uuid not null references tenants on delete cascade,
  media_id uuid not null,
  contact_id uuid not null,
  due_at timestamptz not null,
  primary key (tenant_id, media_id)
);
create index erased_files_due on erased_files (due_at);

do $$
declare name text;
begin
  foreach name in array array['erasures', 'erased_messages', 'erased_files'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy own_tenant on %I for all to hunfly_app
      using (tenant_id = (select session_tenant())) with check (tenant_id = (select session_tenant()))', name);
  end loop;
end
$$;
grant select (tenant_id, contact_id, requested_at, finished_at, stage, messages) on erasures to hunfly_app;
create index audit_log_by_subject on audit_log (tenant_id, subject_id, id);

-- Who did what to a contact or a conversation of theirs, for an export: the next entries behind one. Security definer: the
-- members' role cannot read the audit log. Index: audit_log_by_subject, threads_contact_key. No locks.
create function contact_audit(tenant uuid, contact uuid, behind uuid, most int) returns setof audit_log
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select a.* from audit_log a
  where a.tenant_id = tenant and (session_tenant() is null or session_tenant() = tenant) and a.id > behind
    and a.subject_id in (select contact::text union all select t.id::text from threads t
      where t.tenant_id = tenant and t.contact_id = contact)
  order by a.id limit most
$$;
revoke execute on function contact_audit(uuid, uuid, uuid, int) from public;
grant execute on function contact_audit(uuid, uuid, uuid, int) to hunfly_app;

-- An erased conversation is there for nobody, on whichever way; its rows stay for reports.
alter table threads add column erased_at timestamptz;
alter policy own_tenant on threads
  using (tenant_id = (select session_tenant()) and erased_at is null) with check (tenant_id = (select session_tenant()));
alter policy round_tenants on threads
  using ((tenant_id = any ((select session_tenants())::uuid[])) is true and erased_at is null);

-- What stands for the id of an erased message.
create function erased_key(id text) returns bytea language sql immutable parallel safe as $$
  select sha256(convert_to(id, 'UTF8'))
$$;

-- Whether bytes have any of the needles in them, and not as a part of a longer number: a short one is in others' numbers and in
-- times. Escaped, three digits behind a backslash are one byte, two behind a % and four behind a u may be.
create function holds_any(body bytea, needles text[]) returns boolean language sql immutable parallel safe as $$
  select exists (
    select 1 from (select convert_to(x, 'UTF8') as bytes from unnest(needles) x) n
    where case when position(n.bytes in body) > 0 then encode(body, 'escape')
      ~ ('(^|[^0-9]|\\[0-7]{3}|%[[:xdigit:]]{2}|u[[:xdigit:]]{4})' || regexp_replace(encode(n.bytes, 'escape'), '([^A-Za-z0-9])', '\\\1', 'g') || '([^0-9]|$)') end)
$$;

-- Whether anything of a batch was erased: a message, or what is about one, whether that is through or not; or of a person
-- whose erasure was asked for after the batch was received. Index: erased_messages primary key, erasures_running,
-- messages_provider_key, messages and threads primary keys. Locks nothing: the caller holds the keys of the messages.
create function is_erased(persons ingest_person[], items ingest_message[], targets ingest_target[], statuses ingest_status[], received_ms bigint)
returns boolean language plpgsql stable as $$
begin
  -- Most have never erased anything. The row of an erasure stays, and is there before the first hash of it.
  if not exists (select 1 from erasures) then return false; end if;
  if exists (
    select 1 from (
      select i.tenant_id, i.account_id, i.provider_message_id as id from unnest(items) i
      union all select i.tenant_id, i.account_id, i.client_ref::text from unnest(items) i where i.client_ref is not null
      union all select t.tenant_id, t.account_id, t.target_id from unnest(targets) t
      union all select s.tenant_id, s.account_id, s.client_ref::text from unnest(statuses) s where s.client_ref is not null) x
    join erased_messages e on e.tenant_id = x.tenant_id and e.account_id = x.account_id and e.key = erased_key(x.id)) then
    return true;
  end if;
  if not exists (select 1 from erasures r where r.finished_at is null) then return false; end if;
  return exists (
      select 1 from unnest(persons) p cross join lateral unnest(p.addresses) a
      join erasures r on r.tenant_id = p.tenant_id and r.finished_at is null and r.requested_at >= ms(received_ms)
        and a.type || ':' || a.key = any (r.addresses))
    or exists (
      select 1 from (
        select i.tenant_id, i.account_id, i.provider_message_id as id from unnest(items) i
        union all select t.tenant_id, t.account_id, t.target_id from unnest(targets) t) x
      join messages m on m.tenant_id = x.tenant_id and m.account_id = x.account_id and m.direction in ('inbound', 'outbound')
        and m.provider_message_id = x.id
      join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.erased_at is not null)
    or exists (
      select 1 from unnest(statuses) s join messages m on m.tenant_id = s.tenant_id and m.id = s.client_ref
      join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.erased_at is not null);
end
$$;

-- The first step of an erasure, which everybody sees: who it was is forgotten, their conversations are there for nobody, what
-- was not sent is not sent any more. The contact leads to itself from now on, so that who looked it up meanwhile begins anew,
-- as after a merge. The caller holds the contact `for update` and its threads, and nothing of theirs is on its way.
-- Security definer: the members' role cannot delete what this deletes. Indexes: contacts primary key, contact_merges_standing,
-- contact_addresses_by_contact, threads_contact_key, messages_queued, reaction_sends_queued, receipts primary key.
create function begin_erasure(tenant uuid, contact uuid) returns table (thread_id uuid, assignee_id uuid)
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
  delete from receipts r where r.tenant_id = tenant and r.thread_id = any (v_threads);
  delete from contact_merges g
    where g.tenant_id = tenant and (g.into_contact_id = any (v_contacts) or g.from_contact_id = any (v_contacts));
  delete from contact_addresses a where a.tenant_id = tenant and a.contact_id = any (v_contacts);
  update contacts c set display_name = 'Erased', named_at = null, phone = null, marketing_consent = null,
      marketing_consent_at = null, merged_into = c.id, version = c.version + 1
    where c.tenant_id = tenant and c.id = any (v_contacts);
  return query
    update threads t set erased_at = now(), status = 'resolved', unread_count = 0, last_message_id = null, last_position = null,
        window_expires_at = null, snoozed_until = null, tags = '{}', reply_value = '', version = t.version + 1
      where t.tenant_id = tenant and t.id = any (v_threads)
      returning t.id, t.assignee_id;
end
$$;
revoke execute on function begin_erasure(uuid, uuid) from public;
grant execute on function begin_erasure(uuid, uuid) to hunfly_app;

-- Takes all that they say out of these messages: the rows stay, for who counts them. Their files are to go from the store, at
-- once or when whoever fetches one now is through. Indexes: primary keys; reaction_sends_by_message. The caller holds the
-- messages' keys and their threads.
create function empty_messages(tenant uuid, contact uuid, ids uuid[]) returns void language plpgsql as $$
begin
  insert into erased_messages (tenant_id, account_id, key)
    select distinct tenant, m.account_id, erased_key(x.id) from messages m
      cross join lateral (values (m.provider_message_id), (case when m.direction = 'outbound' then m.id::text end)) x (id)
    where m.tenant_id = tenant and m.id = any (ids) and x.id is not null
    order by 2, 3
    on conflict do nothing;
  insert into erased_files (tenant_id, media_id, contact_id, due_at)
    select tenant, f.id, contact, greatest(now(), f.next_attempt_at) from messages m
      join media f on f.tenant_id = m.tenant_id and f.id = m.media_id
    where m.tenant_id = tenant and m.id = any (ids)
    on conflict do nothing;
  delete from media f using messages m
    where m.tenant_id = tenant and m.id = any (ids) and f.tenant_id = m.tenant_id and f.id = m.media_id;
  delete from reactions r where r.tenant_id = tenant and r.message_id = any (ids);
  delete from poll_votes v where v.tenant_id = tenant and v.message_id = any (ids);
  delete from reaction_sends s where s.tenant_id = tenant and s.message_id = any (ids);
  update messages m set text = null, content = null, media_id = null, author_name = null, error = null,
      provider_message_id = null, reply_provider_id = null, reply_message_id = null,
      revoked_at = coalesce(m.revoked_at, now()), version = m.version + 1
    where m.tenant_id = tenant and m.id = any (ids);
end
$$;

-- The next messages of a conversation, by position; the position of the last, null where there is none, and how many there
-- were. Index: messages_by_thread. Locks, in order: the keys of the messages, the thread.
create function erase_messages(e erasures, thread uuid, behind text, most int, out reached text, out amount int)
language plpgsql as $$
declare
  v_ids uuid[];
begin
  select array_agg(x.id), max(x.position), count(*) into v_ids, reached, amount from (
    select m.id, m.position from messages m
    where m.tenant_id = e.tenant_id and m.thread_id = thread and m.position > behind order by m.position limit most) x;
  if amount = 0 then return; end if;
  perform lock_erased(e.tenant_id, v_ids);
  perform empty_messages(e.tenant_id, e.contact_id, v_ids);
  update messages m set unread = false where m.tenant_id = e.tenant_id and m.id = any (v_ids) and m.unread;
end
$$;

-- Whoever takes in something about these messages is through, or finds them erased. Index: primary keys.
create function lock_erased(tenant uuid, ids uuid[]) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(k.key) from (
    select distinct message_lock_key(m.account_id, m.provider_message_id) as key from messages m
    where m.tenant_id = tenant and m.id = any (ids) and m.provider_message_id is not null order by 1) k;
  perform 1 from threads t where t.tenant_id = tenant and t.id in (
      select m.thread_id from messages m where m.tenant_id = tenant and m.id = any (ids))
    order by t.id for no key update of t;
end
$$;

-- What the contact wrote, chose and reacted in others' conversations, which are groups. Returns those that look different;
-- none when nothing is left. Index: messages_by_participant, reactions_by_contact, poll_votes_by_contact. Locks: lock_erased.
create function erase_elsewhere(e erasures, most int) returns table (thread_id uuid, assignee_id uuid)
language plpgsql as $$
#variable_conflict use_column
declare
  v_written uuid[];
  v_others uuid[];
begin
  v_written := array(select m.id from messages m
    where m.tenant_id = e.tenant_id and m.author_id = any (e.contact_ids) and m.author_name is not null limit most);
  v_others := array(
    (select r.message_id from reactions r
      where r.tenant_id = e.tenant_id and r.by_type = 'contact' and r.by_id = any (e.contact_ids) limit most)
    union (select v.message_id from poll_votes v
      where v.tenant_id = e.tenant_id and v.by_type = 'contact' and v.by_id = any (e.contact_ids) limit most));
  if cardinality(v_written) + cardinality(v_others) = 0 then return; end if;
  perform lock_erased(e.tenant_id, v_written || v_others);
  perform empty_messages(e.tenant_id, e.contact_id, v_written);
  update messages m set author_id = null where m.tenant_id = e.tenant_id and m.id = any (v_written);
  delete from reactions r where r.tenant_id = e.tenant_id and r.message_id = any (v_others)
    and r.by_type = 'contact' and r.by_id = any (e.contact_ids);
  delete from poll_votes v where v.tenant_id = e.tenant_id and v.message_id = any (v_others)
    and v.by_type = 'contact' and v.by_id = any (e.contact_ids);
  update messages m set version = m.version + 1 where m.tenant_id = e.tenant_id and m.id = any (v_others);
  return query
    update threads t set version = t.version + 1
    where t.tenant_id = e.tenant_id and t.erased_at is null and t.id in (
      select m.thread_id from messages m where m.tenant_id = e.tenant_id and m.id = any (v_written || v_others))
    returning t.id, t.assignee_id;
end
$$;

-- Writes what these numbers of the log tell anew, as things are now. What counts the log finds as many messages as before.
-- Index: tenant_events, messages and threads primary keys. Locks the rows.
create function erase_events(e erasures, after_seq bigint, to_seq bigint) returns void language plpgsql as $$
begin
  update tenant_events v set (type, data) = (
      select case when x.data is null then 'thread.removed' else v.type end,
        coalesce(x.data, json_build_object('threadId', v.thread_id, 'reason', 'erased'))
      from (select case
        when v.type like 'message.%' then (select json_build_object('message', m.entity) from message_entities m
          where m.tenant_id = v.tenant_id and m.id = (v.data->'message'->>'id')::uuid)
        when v.thread_id = any (e.other_thread_ids) and v.type like 'thread.%' then (select json_build_object('thread', t.entity)
          from thread_entities t where t.tenant_id = v.tenant_id and t.id = v.thread_id)
        when v.thread_id = any (e.other_thread_ids) then v.data end as data) x)
    where v.tenant_id = e.tenant_id and v.seq > after_seq and v.seq <= to_seq
      and v.thread_id = any (e.thread_ids || e.other_thread_ids) and v.type not in ('message.removed', 'thread.removed');
end
$$;

-- Locks every thread that the batch can change, in id order: those of new messages, those of messages that an item is
-- about, and those of contacts that look different. False where a contact was merged away or erased since the batch looked for it:
-- a merge takes the threads away, and a batch that begins anew finds the contact that has the addresses now. Index: threads and messages primary keys, messages_provider_key, threads_contact_key.
create or replace function lock_threads(parties ingest_party[], threads_of uuid[], contacts_of uuid[], targets ingest_target[],
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
        and t.erased_at is null
    order by t.tenant_id, t.id for no key update of t;
  get diagnostics v_locked = row_count;
  return v_locked = cardinality(array_remove(threads_of, null));
end
$$;

-- What the event of a change tells that is neither of a thread nor of a message; null where the entity does not exist. A
-- function, so that nothing of it is prepared for the changes that all others are. Index: primary keys. No locks.
create or replace function told_of_rare(kind text, tenant uuid, subject uuid, thread uuid) returns json language plpgsql stable as $$
begin
  case kind
    when 'note.created' then
      return (select json_build_object('note', e.entity) from note_entities e where e.tenant_id = tenant and e.id = subject);
    when 'member.updated' then
      return (select json_build_object('member', e.entity, 'version', m.version, 'removed', m.removed_at is not null)
        from member_entities e join tenant_members m on m.tenant_id = e.tenant_id and m.id = e.id
        where e.tenant_id = tenant and e.id = subject);
    when 'account.updated' then
      return (select json_build_object('account', e.entity) from account_entities e where e.tenant_id = tenant and e.id = subject);
    when 'tenant.updated' then
      return (select json_build_object('agentVisibility', t.agent_visibility) from tenants t where t.id = tenant);
    when 'sessions.ended' then
      return (select json_build_object('memberId', m.id, 'generation', u.session_generation, 'kept', u.kept_session)
        from tenant_members m join users u on u.id = m.user_id where m.tenant_id = tenant and m.id = subject);
    -- What is gone has no entity to show.
    when 'message.removed' then return json_build_object('messageId', subject, 'threadId', thread);
    when 'thread.removed' then return json_build_object('threadId', subject, 'reason',
      case when exists (select 1 from threads t where t.tenant_id = tenant and t.id = subject and t.erased_at is not null)
        then 'erased' else 'merged' end);
    else return null;
  end case;
end
$$;

-- A webhook that is one plain message and nothing else, which src/inbox/ingest/arrival.ts decides: the same rows and events
-- as ingest_batch gives for it. Writes nothing and returns nothing where it turns out to be more than plain, because the
-- message is stored already, waited for or erased, its writer looks different now, or its conversation comes back to who closed
-- it: then ingest_batch has to take it. Indexes: contact_addresses, contacts and parked primary keys, threads_contact_key,
-- messages_provider_key, messages_awaiting_quote. Locks, in the order of sql/README.md: addresses that nobody has, the
-- message's key, its thread, the tenant's counter.
create or replace function ingest_arrival(p ingest_person, i ingest_message, stream text, carrier text, proof text, correlation text, body bytea)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_person record := known_contact(p);
  v_contact uuid := v_person.contact;
  v_thread threads;
  v_begun boolean;
  v_line json := message_line(i.id, i.direction, i.kind, i.text, ms(i.sent_ms), 'received');
  v_message json;
  v_shown json;
  v_log record;
begin
  if not v_person.plain then return; end if;
  if v_contact is null then
    perform pg_advisory_xact_lock(k.key) from (
      select hashtextextended(p.tenant_id::text || '/' || a.type || '/' || a.key, 1) as key from unnest(p.addresses) a order by 1) k;
  end if;
  perform pg_advisory_xact_lock(message_lock_key(i.account_id, i.provider_message_id));
  if v_contact is not null then
    select t.* into v_thread from threads t
      where t.tenant_id = i.tenant_id and t.account_id = i.account_id and t.contact_id = v_contact
        and t.erased_at is null for no key update;
  end if;
  if v_thread.status = 'resolved' and v_thread.assignee_id is not null
    or exists (select 1 from messages m where m.tenant_id = i.tenant_id and m.account_id = i.account_id
      and m.direction = 'inbound' and m.provider_message_id = i.provider_message_id and m.provider_scope = '')
    or exists (select 1 from parked w where w.tenant_id = i.tenant_id and w.account_id = i.account_id
      and w.target_id = i.provider_message_id)
    or exists (select 1 from messages w where w.tenant_id = i.tenant_id and w.account_id = i.account_id
      and w.reply_provider_id = i.provider_message_id and w.reply_message_id is null)
    or v_contact is null and exists (select 1 from unnest(p.addresses) a join contact_addresses ca
      on ca.tenant_id = p.tenant_id and ca.type = a.type and ca.match_key = a.key)
    or exists (select 1 from erasures r where r.tenant_id = i.tenant_id)
      and is_erased(array[p], array[i], '{}', '{}', i.received_ms) then
    return;
  end if;

  insert into webhook_journal (tenant_id, received_at, stream_id, provider, auth, correlation_id, body)
    values (i.tenant_id, ms(i.received_ms), stream, carrier, proof, correlation, body) on conflict do nothing;
  v_contact := coalesce(v_contact, add_contact(p));
  v_begun := v_thread.id is null;
  v_thread := case when v_begun then begin_thread(i, v_contact) else go_on_with_thread(i, v_thread.id) end;
  insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, content, forwarded, status,
      author_type, author_id, provider_message_id, sent_at, received_at, position, unread)
    values (i.tenant_id, i.id, v_thread.id, i.account_id, i.direction, i.kind, i.text, i.content, i.forwarded, 'received',
      'contact', v_contact, i.provider_message_id, ms(i.sent_ms), ms(i.received_ms), i.position, true)
    returning json_build_object('message', message_entity(m, null, '[]')) into v_message;
  if v_thread.last_message_id <> i.id then
    select message_line(m.id, m.direction, m.kind, case when m.revoked_at is null then m.text end, m.sent_at, m.status) into v_line
      from messages m where m.tenant_id = i.tenant_id and m.id = v_thread.last_message_id;
  end if;
  select json_build_object('thread', thread_entity(v_thread, c.entity, v_line)) into v_shown
    from contact_entities c where c.tenant_id = i.tenant_id and c.id = v_contact;

  update tenant_logs l set head = l.head + 2 where l.tenant_id = i.tenant_id returning l.epoch, l.head into v_log;
  return query
    insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, received_at_ms, data)
      select i.tenant_id, v_log.head - 2 + c.ord, v_now, c.type, v_thread.id, v_thread.assignee_id, v_thread.assignee_id,
        c.type = 'thread.created', i.received_ms, c.data
      from unnest(case when v_begun then '{thread.created,message.created}' else '{message.created,thread.updated}' end::text[],
        case when v_begun then array[v_shown, v_message] else array[v_message, v_shown] end) with ordinality c (type, data, ord)
      returning e.tenant_id, v_log.epoch, e.seq, e.type, e.received_at_ms, log_event_json(e);
  perform renew_plans();
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
