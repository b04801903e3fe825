-- safe: functions as they are, but that a merge which is undone loses no change of a message that had not come, and that no
-- send waits for the clock of its gateway: it is due at once by that of Postgres. The release before goes on working.

-- Whether a contact that something was said of is this one: they are, they have become them by merges, or they were a part
-- of the other when it was received, and are not any more. Index: contacts primary key, contact_merges primary key by its tenant.
create function is_or_was(tenant uuid, said uuid, contact uuid, received_ms bigint) returns boolean language sql stable as $$
  select contact = surviving_contact(tenant, said) or exists (select from contact_merges g
    where g.tenant_id = tenant and g.into_contact_id = said and g.from_contact_id = contact and g.undone_at > ms(received_ms))
$$;

-- Edits (the latest wins) and revocations, only where direction and chat are those of the stored message, and for an edit
-- in a group its author. Where the payload gives no chat that can be trusted, the id must be that of one message only.
-- A chat or author that was merged while this waited, for the merge or for its message, is who they have become, and one
-- that was a part of another then is who they are.
-- An edit without a time, which counts from its receipt, is a repetition where the text is what it was just before.
-- Index: messages_provider_key, contacts primary key.
create or replace function apply_edits(items ingest_edit[]) returns row_key[] language sql as $$
  with target as (
    select e.*, m.id as message_id, m.text as stored_text, m.edited_at, m.direction = e.direction
      and case when e.contact_id is not null then is_or_was(e.tenant_id, e.contact_id, t.contact_id, e.received_ms)
          else e.person is null and count(*) filter (where m.direction = e.direction) over (partition by e.n) = 1 end
      and (e.revoked or e.author_id is null or is_or_was(e.tenant_id, e.author_id, m.author_id, e.received_ms)) as trusted
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
-- chat is nobody's. People and chats that were merged while this waited are who they have become, and where
-- that was undone who they are again.
-- Index: messages_provider_key, reactions and contacts primary keys.
create or replace function apply_reactions(items ingest_reaction[]) returns row_key[] language sql as $$
  with target as (
    select r.*, found.message_id, coalesce(found.elsewhere, false) as elsewhere,
      case when r.by_type <> 'contact' then r.by_id when r.by_id = r.chat_id and found.message_id is not null then found.contact_id
        else surviving_contact(r.tenant_id, r.by_id) end as by_now
    from unnest(items) r left join lateral (
      select (array_agg(m.id) filter (where r.chat_id is null or is_or_was(r.tenant_id, r.chat_id, t.contact_id, r.received_ms)))[1] as message_id,
        (array_agg(t.contact_id) filter (where r.chat_id is null or is_or_was(r.tenant_id, r.chat_id, t.contact_id, r.received_ms)))[1] as contact_id, count(*) > 0 as elsewhere
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
      case when v.by_type <> 'contact' then v.by_id when v.by_id = v.chat_id and found.message_id is not null then found.contact_id
        else surviving_contact(v.tenant_id, v.by_id) end as by_now
    from unnest(items) v left join lateral (
      select (array_agg(m.id) filter (where v.chat_id is null or is_or_was(v.tenant_id, v.chat_id, t.contact_id, v.received_ms)))[1] as message_id,
        (array_agg(t.contact_id) filter (where v.chat_id is null or is_or_was(v.tenant_id, v.chat_id, t.contact_id, v.received_ms)))[1] as contact_id, count(*) > 0 as elsewhere
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

-- Queues messages, moves their threads as queueMessage does, logs both and keeps what each command answers. Returns the
-- two events of each. Fails with 23505 on commands_pkey when one of the commands was committed meanwhile, with 23503 where
-- a thread is not of its tenant, or is there twice. Indexes: primary keys of threads, contacts, tenant_logs. Locks the
-- counters of the tenants concerned, in tenant order, until commit.
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
  v_told bigint;
begin
  return query
    -- `merge on false` is an insert that can return what it has read, here which send a row is.
    with queued as (
      merge into messages m using unnest(sends) s on false
      when not matched then insert (tenant_id, id, thread_id, account_id, direction, kind, text, content, send_state, status,
          author_type, author_id, command_id, sent_at, received_at, position, next_attempt_at, priority)
        values (s.tenant_id, s.id, s.thread_id, s.account_id, 'outbound', s.kind, s.text, s.content, 'queued', 'queued',
          'member', s.member_id, s.command_id, s.at, s.at, s.position, v_now, s.priority)
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
  get diagnostics v_told = row_count;
  -- A thread is moved once: a second message in it would be sent, and nobody told of it.
  if v_told <> 2 * cardinality(sends) then
    raise exception 'a round has two sends of one conversation' using errcode = '23503';
  end if;
  perform renew_plans();
end
$$;
