-- safe: types, and functions that give what they gave. What clients are shown is put together from types that name its
-- fields: naming them anew for every row was half of what it cost. Sends hand on what they have read instead of looking it
-- up again.

-- A message, but for the parts of its kind; what a conversation shows of its last one; a conversation; an event of the log.
create type shown_author as (type text, id uuid, name text);
create type shown_message as (id uuid, "threadId" uuid, "accountId" uuid, direction text, kind text, text text, media json,
  "replyTo" json, reactions json, status text, "statusAt" json, error json, author shown_author, "providerMessageId" text,
  "commandId" uuid, "sentAt" text, "receivedAt" text, position text, "editedAt" text, "revokedAt" text, version int,
  forwarded boolean, backlog boolean);
create type shown_line as (id uuid, direction text, kind text, preview text, at text, status text);
create type shown_thread as (id uuid, "tenantId" uuid, "accountId" uuid, contact json, status text, "assigneeId" uuid,
  tags text[], "unreadCount" int, "lastMessage" json, "lastActivityAt" text, "windowExpiresAt" text, "snoozedUntil" text,
  version int, "createdAt" text);
create type shown_event as (seq bigint, at text, type text, "threadId" uuid, "assigneeBefore" uuid, "assigneeAfter" uuid,
  created boolean, "receivedAtMs" bigint, data json);

-- An object with the fields of another behind its own; itself where there is no other. Not sql: the object would be made
-- twice, to be looked at and to be given, or be copied for nothing. Joined as text, so that parts stay as they were stored.
create function with_parts(entity json, parts json) returns json language plpgsql immutable parallel safe as $$
begin
  if parts is null then return entity; end if;
  return left(entity::text, -1) || ',' || substr(parts::text, 2);
end
$$;

-- The shape of a message; its file and its reactions are looked up by whoever shows it.
create or replace function message_entity(m messages, media json, reactions json) returns json language sql stable as $$
  select with_parts(
    row_to_json(row(
      m.id, m.thread_id, m.account_id, m.direction, m.kind, case when m.revoked_at is null then m.text end, media,
      case when m.reply_provider_id is not null or m.reply_message_id is not null
        then json_build_object('messageId', m.reply_message_id, 'providerMessageId', m.reply_provider_id) end,
      reactions, m.status,
      case when coalesce(m.at_sent, m.at_delivered, m.at_read, m.at_played, m.at_failed) is null then '{}'
        else json_strip_nulls(json_build_object('sent', iso(m.at_sent), 'delivered', iso(m.at_delivered),
          'read', iso(m.at_read), 'played', iso(m.at_played), 'failed', iso(m.at_failed))) end,
      case when m.status = 'failed' then m.error end, row(m.author_type, m.author_id, m.author_name),
      m.provider_message_id, m.command_id, iso(m.sent_at), iso(m.received_at), m.position,
      iso(m.edited_at), iso(m.revoked_at), m.version, m.forwarded, m.history)::shown_message),
    case when m.revoked_at is null and m.content is not null
      then case when m.kind = 'poll' then poll_content(m.tenant_id, m.id, m.content) else m.content end end)
$$;

-- What a conversation shows of its last message: one line for the list, empty where the kind alone says it. Single spaces
-- are left as they are, because nearly all are.
create or replace function message_line(id uuid, direction text, kind text, words text, sent_at timestamptz, status text)
returns json language sql stable as $$
  select row_to_json(row(id, direction, kind, coalesce(left(regexp_replace(words, '\s{2,}|[^\S ]', ' ', 'g'), 160), ''),
    iso(sent_at), status)::shown_line)
$$;

create or replace function thread_entity(t threads, contact json, last_message json) returns json language sql stable as $$
  select row_to_json(row(
    t.id, t.tenant_id, t.account_id, contact, t.status, t.assignee_id, t.tags, t.unread_count, last_message,
    iso(t.last_activity_at), iso(t.window_expires_at), iso(t.snoozed_until), t.version, iso(t.created_at))::shown_thread)
$$;

create or replace function log_event_json(e tenant_events) returns json language sql stable as $$
  select row_to_json(row(e.seq, iso(e.at), e.type, e.thread_id, e.assignee_before, e.assignee_after, e.created,
    e.received_at_ms, e.data)::shown_event)
$$;

-- Queues messages, moves their threads as queueMessage does, logs both and keeps what each command answers. Returns the
-- two events of each. Fails with 23505 on commands_pkey when one of the commands was committed meanwhile, with 23503 where
-- a thread is not of its tenant. Indexes: primary keys of threads, contacts, tenant_logs. Locks the counters of the tenants
-- concerned, in tenant order, until commit.
create or replace function write_sends(sends new_send[])
returns table (n int, tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
  -- For no business's log longer than this: then each send goes alone, and who is held up is held up alone.
  set lock_timeout = '500ms'
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
begin
  return query
    -- `merge on false` is an insert that can return what it has read, here which send a row is.
    with queued as (
      merge into messages m using unnest(sends) s on false
      when not matched then insert (tenant_id, id, thread_id, account_id, direction, kind, text, content, send_state, status,
          author_type, author_id, command_id, sent_at, received_at, position, next_attempt_at, priority)
        values (s.tenant_id, s.id, s.thread_id, s.account_id, 'outbound', s.kind, s.text, s.content, 'queued', 'queued',
          'member', s.member_id, s.command_id, s.at, s.at, s.position, s.at, s.priority)
      returning s.n, s.member_id, s.command_id, m.tenant_id, m.id, m.thread_id, m.position, m.sent_at,
        json_build_object('message', message_entity(m, null, '[]')) as message,
        message_line(m.id, m.direction, m.kind, m.text, m.sent_at, m.status) as line
    ), moved as (
      update threads t set last_message_id = q.id, last_position = q.position,
        last_activity_at = greatest(t.last_activity_at, q.sent_at), version = t.version + 1,
        status = case when t.status = 'snoozed' then 'open' else t.status end, snoozed_until = null
      from queued q where t.tenant_id = q.tenant_id and t.id = q.thread_id
      returning q.n, q.member_id, q.command_id, t.tenant_id, t.id, t.assignee_id, q.message,
        json_build_object('thread', thread_entity(t,
          (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id), q.line)) as thread
    ), grown as (
      select m.tenant_id, count(*) as added from moved m group by m.tenant_id
    ), locked as materialized (
      select l.tenant_id, l.epoch, l.head, g.added from grown g join tenant_logs l on l.tenant_id = g.tenant_id
      order by l.tenant_id for no key update of l
    ), counted as (
      update tenant_logs l set head = k.head + 2 * k.added from locked k where l.tenant_id = k.tenant_id
    ), numbered as materialized (
      select m.*, k.epoch, k.head + 2 * row_number() over (partition by m.tenant_id order by m.n) as seq
      from moved m join locked k on k.tenant_id = m.tenant_id
    ), kept as (
      insert into commands (tenant_id, member_id, command_id, name, result, seq)
      select d.tenant_id, d.member_id, d.command_id, 'message:send', d.message, d.seq from numbered d
      where d.command_id is not null
    ), told as materialized (
      select d.n, d.epoch, d.tenant_id, d.seq - c.earlier as seq, c.type, d.id as thread_id, d.assignee_id, c.data from numbered d
        cross join lateral (values ('message.created', d.message, 1), ('thread.updated', d.thread, 0)) c (type, data, earlier)
    ), written as (
      insert into tenant_events (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, data)
      select d.tenant_id, d.seq, v_now, d.type, d.thread_id, d.assignee_id, d.assignee_id, false, d.data from told d
    )
    select d.n, d.tenant_id, d.epoch, d.seq, d.type, null::bigint, log_event_json(row(
      d.tenant_id, d.seq, v_now, d.type, d.thread_id, d.assignee_id, d.assignee_id, false, null, d.data)::tenant_events)
    from told d order by d.tenant_id, d.seq;
  perform renew_plans();
end
$$;
