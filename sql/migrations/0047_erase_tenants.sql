-- safe: a new table, a column that may be null, a function, and two that look into the table. The release before goes on working; its
-- inbound workers keep what comes for an erased business as dead letters, so erase when all run this one.

-- The erasure of a business: how far it is. It stays when the business is gone, so that nobody who knew it before writes into it
-- again; no name is in it then.
create table tenant_erasures (
  tenant_id uuid primary key,
  -- As operators knew it, until it is through.
  slug text,
  requested_at timestamptz not null default now(),
  finished_at timestamptz,
  -- A step of src/inbox/tenants/erase-steps.ts, and where it stands.
  stage text not null default 'settle',
  place text not null default '',
  rows_gone bigint not null default 0,
  -- The transaction that began it: what was begun before may still write.
  begun_by xid8 not null default pg_current_xact_id()
);
create index tenant_erasures_running on tenant_erasures (requested_at) where finished_at is null;

-- Of a whole business there is no contact that waits for it.
alter table erased_files alter column contact_id drop not null;

-- Deletes up to `most` rows of a business from a table whose keys begin with `tenant_id`, partition by partition; returns how many went.
-- Index: what begins with tenant_id in each. Locks these rows, and those that hang on them.
create function erase_rows(tenant uuid, rows_of text, most int) returns int language plpgsql
  set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
declare
  v_part regclass;
  v_left int := most;
  v_count int;
begin
  for v_part in select coalesce(i.inhrelid, c.oid)::regclass from pg_class c left join pg_inherits i on i.inhparent = c.oid
    where c.oid = rows_of::regclass order by 1
  loop
    execute format('delete from %1$s where ctid = any (array(select ctid from %1$s where tenant_id = $1 limit $2))', v_part)
      using tenant, v_left;
    get diagnostics v_count = row_count;
    v_left := v_left - v_count;
    exit when v_left <= 0;
  end loop;
  return most - v_left;
end
$$;

-- Whether anything of a batch was erased: its business; a message, or what is about one, whether that is through or not; or of a
-- person whose erasure was asked for after the batch was received. Index: tenant_erasures and erased_messages primary keys, erasures_running,
-- messages_provider_key, messages and threads primary keys. Locks nothing: the caller holds the keys of the messages.
create or replace function is_erased(persons ingest_person[], items ingest_message[], targets ingest_target[], statuses ingest_status[], received_ms bigint)
returns boolean language plpgsql stable as $$
begin
  if exists (select 1 from tenant_erasures) and exists (
    select 1 from tenant_erasures e where e.tenant_id in (
      select p.tenant_id from unnest(persons) p union all select i.tenant_id from unnest(items) i
      union all select t.tenant_id from unnest(targets) t union all select s.tenant_id from unnest(statuses) s)) then
    return true;
  end if;
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
    or exists (select 1 from tenant_erasures r where r.tenant_id = i.tenant_id)
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
