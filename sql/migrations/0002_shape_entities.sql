-- safe: functions only. One shape of every entity, used by snapshot, list, command results and the event log alike.

-- ISO 8601 UTC with milliseconds. Stable, not immutable, because to_char is: otherwise it would not be inlined, and
-- starting a function a dozen times an entity cost more than everything else (measured: 0.6 ms an event).
create function iso(t timestamptz) returns text language sql stable parallel safe as $$
  select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;

-- What a message shows. A lattice: every state keeps its own time, the furthest one wins, in any order of arrival.
-- `failed` counts only where nothing proves the opposite.
create function message_status(
  direction text, send_state text, at_sent timestamptz, at_delivered timestamptz,
  at_read timestamptz, at_played timestamptz, at_failed timestamptz
) returns text language sql immutable parallel safe as $$
  select case
    when direction = 'inbound' then 'received'
    when at_played is not null then 'played'
    when at_read is not null then 'read'
    when at_delivered is not null then 'delivered'
    when at_failed is not null then 'failed'
    when at_sent is not null then 'sent'
    when send_state in ('none', 'accepted') then 'sent'
    else send_state
  end
$$;

-- Entities are views, not functions: a view is planned into the query that uses it, a function with sub-selects is
-- started anew for every row (measured: 1 ms an event against 0.05 ms). `security_invoker` keeps row-level security.

create view contact_entities with (security_invoker = true) as
  select c.tenant_id, c.id, json_build_object(
    'id', c.id, 'displayName', c.display_name, 'phone', c.phone,
    'addresses', coalesce((
      select json_agg(json_build_object('type', a.type, 'value', a.value) order by a.created_at, a.type, a.value)
      from contact_addresses a where a.tenant_id = c.tenant_id and a.contact_id = c.id), '[]'::json)) as entity
  from contacts c;

create view thread_entities with (security_invoker = true) as
  select t.tenant_id, t.id, json_build_object(
    'id', t.id, 'tenantId', t.tenant_id, 'accountId', t.account_id,
    'contact', (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id),
    'status', t.status, 'assigneeId', t.assignee_id, 'tags', t.tags, 'unreadCount', t.unread_count,
    'lastMessage', (
      select json_build_object('id', m.id, 'direction', m.direction, 'kind', m.kind,
        -- One line for the list; empty where the kind alone says it.
        'preview', case when m.revoked_at is null then coalesce(left(regexp_replace(m.text, '\s+', ' ', 'g'), 160), '') else '' end,
        'at', iso(m.sent_at), 'status', m.status)
      from messages m where m.tenant_id = t.tenant_id and m.id = t.last_message_id),
    'lastActivityAt', iso(t.last_activity_at), 'windowExpiresAt', iso(t.window_expires_at),
    'snoozedUntil', iso(t.snoozed_until), 'version', t.version, 'createdAt', iso(t.created_at)) as entity
  from threads t;

-- Kind-specific parts are stored as the object they are shown as, so they are joined as text.
create view message_entities with (security_invoker = true) as
  select m.tenant_id, m.id, (left(json_build_object(
    'id', m.id, 'threadId', m.thread_id, 'accountId', m.account_id, 'direction', m.direction, 'kind', m.kind,
    'text', case when m.revoked_at is null then m.text end,
    'media', case when m.revoked_at is null and m.media_id is not null then (
      select json_build_object('id', f.id, 'mime', f.mime, 'filename', f.filename, 'sizeBytes', nullif(f.size_bytes, 0),
        'voice', f.voice, 'state', f.state, 'url', case when f.state = 'ready' then '/api/media/' || f.id end)
      from media f where f.tenant_id = m.tenant_id and f.id = m.media_id) end,
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
    'author', json_build_object('type', m.author_type, 'id', m.author_id),
    'providerMessageId', m.provider_message_id, 'commandId', m.command_id,
    'sentAt', iso(m.sent_at), 'receivedAt', iso(m.received_at), 'position', m.position,
    'editedAt', iso(m.edited_at), 'revokedAt', iso(m.revoked_at), 'version', m.version,
    'forwarded', m.forwarded)::text, -1)
    || case when m.revoked_at is null and m.content is not null then ',' || substr(m.content::text, 2) else '}' end)::json as entity
  from messages m;

create view note_entities with (security_invoker = true) as
  select n.tenant_id, n.id, json_build_object('id', n.id, 'threadId', n.thread_id, 'authorId', n.author_id, 'text', n.text,
    'mentions', n.mentions, 'createdAt', iso(n.created_at)) as entity
  from notes n;

-- `state` is a lease in Redis: gateways put the live value in, Postgres only knows "offline".
create view member_entities with (security_invoker = true) as
  select m.tenant_id, m.id, json_build_object('id', m.id, 'userId', m.user_id, 'displayName', m.display_name, 'role', m.role,
    'state', 'offline',
    'activeThreads', (select count(*) from threads t
      where t.tenant_id = m.tenant_id and t.assignee_id = m.id and t.status <> 'resolved')) as entity
  from tenant_members m;

create view account_entities with (security_invoker = true) as
  select a.tenant_id, a.id, json_build_object('id', a.id, 'provider', a.provider, 'name', a.name, 'phone', a.phone,
    'state', a.state, 'stateReason', a.state_reason) as entity
  from whatsapp_accounts a;

-- The same shapes for one row at hand.
create function thread_json(t threads) returns json language sql stable as $$
  select e.entity from thread_entities e where e.tenant_id = t.tenant_id and e.id = t.id
$$;
create function message_json(m messages) returns json language sql stable as $$
  select e.entity from message_entities e where e.tenant_id = m.tenant_id and e.id = m.id
$$;
create function note_json(n notes) returns json language sql stable as $$
  select e.entity from note_entities e where e.tenant_id = n.tenant_id and e.id = n.id
$$;
create function member_json(m tenant_members) returns json language sql stable as $$
  select e.entity from member_entities e where e.tenant_id = m.tenant_id and e.id = m.id
$$;
create function account_json(a whatsapp_accounts) returns json language sql stable as $$
  select e.entity from account_entities e where e.tenant_id = a.tenant_id and e.id = a.id
$$;

-- The tenant a user-serving session is bound to, or null for workers.
create function session_tenant() returns uuid language sql stable parallel safe as $$
  select nullif(current_setting('app.tenant_id', true), '')::uuid
$$;

-- One change to be logged. `type` names the event, `id` the entity; `before` is the assignee before the change.
create type change as (
  ord int, tenant_id uuid, type text, id uuid, thread_id uuid, before uuid, created boolean, received_at_ms bigint
);

-- One log row in the shape that gateways read (contract/jobs.ts LogEvent).
create function log_event_json(e tenant_events) returns json language sql stable as $$
  select json_build_object('seq', e.seq, 'at', iso(e.at), 'type', e.type, 'threadId', e.thread_id,
    'assigneeBefore', e.assignee_before, 'assigneeAfter', e.assignee_after, 'created', e.created,
    'receivedAtMs', e.received_at_ms, 'data', e.data)
$$;

-- Numbers and stores changes. Must be the last write of its transaction: it takes the counter rows of the tenants
-- concerned (in tenant order, so that two batches cannot deadlock) and they stay locked until commit.
-- Security definer: a member's own role may append to the log of its tenant but not read or change counters.
create function log_changes(changes change[])
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql security definer set search_path = public
  -- A handful of rows by key, always: on a fresh database without statistics the planner would hash whole tables.
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_logged bigint;
begin
  if session_tenant() is not null and exists (select 1 from unnest(changes) c where c.tenant_id <> session_tenant()) then
    raise exception 'a change of another tenant cannot be logged' using errcode = '42501';
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
      select n.*, json_build_object('note', e.entity) from numbered n
        join note_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type = 'note.created'
      union all
      select n.*, json_build_object('member', e.entity, 'version', m.version, 'removed', m.removed_at is not null) from numbered n
        join member_entities e on e.tenant_id = n.tenant_id and e.id = n.id
        join tenant_members m on m.tenant_id = n.tenant_id and m.id = n.id where n.type = 'member.updated'
      union all
      select n.*, json_build_object('account', e.entity) from numbered n
        join account_entities e on e.tenant_id = n.tenant_id and e.id = n.id where n.type = 'account.updated'
      union all
      select n.*, json_build_object('agentVisibility', t.agent_visibility) from numbered n
        join tenants t on t.id = n.tenant_id where n.type = 'tenant.updated'
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
  -- Plans are kept for the session. One made while a table was nearly empty reads a whole tenant where a key lookup was
  -- meant, and would be kept until the next ANALYZE (measured: 180 messages a second instead of 2,000): as long as the
  -- installation is small, every statement is planned anew.
  if pg_relation_size('messages') < 1048576 then
    execute 'discard plans';
  end if;
end
$$;

-- Changes as JSON, for callers that do not build composite arrays.
create function log_changes_json(changes json)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json) language sql as $$
  select * from log_changes((select array_agg(c) from json_populate_recordset(null::change, changes) c))
$$;
