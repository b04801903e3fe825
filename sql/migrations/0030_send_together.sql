-- safe: a role, policies and functions. Sends that come at about the same time share a transaction, whatever business each
-- is of: what is shown to it is the businesses of its round.
do $$
begin
  if not exists (select 1 from pg_roles where rolname = 'hunfly_round') then
    create role hunfly_round nologin;
  end if;
exception when duplicate_object or unique_violation then null; -- roles are shared by all databases of a cluster
end
$$;
grant hunfly_round to current_user;
grant usage on schema public to hunfly_round;

-- What a round may touch at all: who asks, the thread with its account and its contact, the message, the log, the answer.
grant select on tenants, tenant_members, contacts, contact_addresses, contact_merges, contact_entities to hunfly_round;
grant select (tenant_id, id, provider, state, read_receipts, disabled_at) on whatsapp_accounts to hunfly_round;
grant select, insert on messages, commands, tenant_events to hunfly_round;
grant select, update on threads, tenant_logs to hunfly_round;

-- The businesses that a round's transaction is about, as session_tenant is the one of any other.
create function session_tenants() returns uuid[] language sql stable parallel safe as $$
  select string_to_array(nullif(current_setting('app.tenant_ids', true), ''), ',')::uuid[]
$$;

-- Compared as a filter: as a condition of an index the list would be sorted for every single row that is looked up, a fifth
-- of what a send costs. The statements name the tenant, and that is what the indexes are asked for.
do $$
declare
  kept text;
begin
  foreach kept in array array['tenant_members', 'contacts', 'contact_addresses', 'contact_merges', 'whatsapp_accounts',
    'messages', 'commands', 'tenant_events', 'threads', 'tenant_logs'] loop
    execute format('create policy round_tenants on %I to hunfly_round using ((tenant_id = any ((select session_tenants())::uuid[])) is true)', kept);
  end loop;
  create policy round_tenants on tenants to hunfly_round using ((id = any ((select session_tenants())::uuid[])) is true);
end
$$;

-- One send to be decided on; `n` tells the sends of a round apart. `command_id` may be null.
create type asked_send as (n int, tenant_id uuid, member_id uuid, user_id uuid, command_id uuid, thread_id uuid);

-- What sends are decided on, the threads held until commit. A row for each that can be decided on at once: whose sender is a
-- member, whose command has no answer yet, and whose thread is there and held by nobody else; none is waited for.
-- Indexes: primary keys of tenant_members, tenants, commands, threads, whatsapp_accounts.
create function open_sends(asked asked_send[])
returns table (n int, role text, agent_visibility text, id uuid, account_id uuid, assignee_id uuid, last_message_id uuid,
  last_position text, window_expires_at timestamptz, provider text, state text, read_receipts text, disabled_at timestamptz)
language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
    select s.n, m.role, b.agent_visibility, t.id, t.account_id, t.assignee_id, t.last_message_id, t.last_position,
      t.window_expires_at, a.provider, a.state, a.read_receipts, a.disabled_at
    from unnest(asked) s
    join tenant_members m on m.tenant_id = s.tenant_id and m.id = s.member_id and m.user_id = s.user_id and m.removed_at is null
    join tenants b on b.id = s.tenant_id
    join threads t on t.tenant_id = s.tenant_id and t.id = s.thread_id
    join whatsapp_accounts a on a.tenant_id = s.tenant_id and a.id = t.account_id
    where not exists (select from commands c
      where c.tenant_id = s.tenant_id and c.member_id = s.member_id and c.command_id = s.command_id)
    for no key update of t skip locked;
end
$$;

-- A message that a member sends; its thread is held by this transaction, and no two are of one thread.
create type new_send as (n int, tenant_id uuid, member_id uuid, command_id uuid, id uuid, thread_id uuid, account_id uuid,
  kind text, text text, content json, priority text, at timestamptz, position text);

-- Queues messages, moves their threads as queueMessage does, logs both and keeps what each command answers. Returns the
-- two events of each. Fails with 23505 on commands_pkey when one of the commands was committed meanwhile, with 23503 where
-- a thread is not of its tenant. Indexes: primary keys of threads, contacts, tenant_logs. Locks the counters of the tenants
-- concerned, in tenant order, until commit.
create function write_sends(sends new_send[])
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
    with queued as (
      insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, content, send_state, status,
          author_type, author_id, command_id, sent_at, received_at, position, next_attempt_at, priority)
        select s.tenant_id, s.id, s.thread_id, s.account_id, 'outbound', s.kind, s.text, s.content, 'queued', 'queued',
          'member', s.member_id, s.command_id, s.at, s.at, s.position, s.at, s.priority
        from unnest(sends) s
        returning m.tenant_id, m.id, m.thread_id, m.position, m.sent_at, message_entity(m, null, '[]') as entity,
          message_line(m.id, m.direction, m.kind, m.text, m.sent_at, m.status) as line
    ), moved as (
      update threads t set last_message_id = q.id, last_position = q.position,
        last_activity_at = greatest(t.last_activity_at, q.sent_at), version = t.version + 1,
        status = case when t.status = 'snoozed' then 'open' else t.status end, snoozed_until = null
      from queued q where t.tenant_id = q.tenant_id and t.id = q.thread_id
      returning t.tenant_id, t.id, t.assignee_id, q.id as message_id, json_build_object('message', q.entity) as message,
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
      select m.*, s.n, s.member_id, s.command_id, k.epoch,
        k.head + 2 * row_number() over (partition by m.tenant_id order by s.n) as seq
      from moved m join locked k on k.tenant_id = m.tenant_id join unnest(sends) s on s.id = m.message_id
    ), kept as (
      insert into commands (tenant_id, member_id, command_id, name, result, seq)
      select d.tenant_id, d.member_id, d.command_id, 'message:send', d.message, d.seq from numbered d
      where d.command_id is not null
    ), written as (
      insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, data)
        select d.tenant_id, d.seq - 1, v_now, 'message.created', d.id, d.assignee_id, d.assignee_id, false, d.message
        from numbered d
        union all
        select d.tenant_id, d.seq, v_now, 'thread.updated', d.id, d.assignee_id, d.assignee_id, false, d.thread from numbered d
        returning e.tenant_id, e.seq, e.thread_id, e.type, e.received_at_ms, log_event_json(e) as event
    )
    select d.n, w.tenant_id, d.epoch, w.seq, w.type, w.received_at_ms, w.event
    from written w join numbered d on d.tenant_id = w.tenant_id and d.id = w.thread_id
    order by w.tenant_id, w.seq;
  perform renew_plans();
end
$$;
