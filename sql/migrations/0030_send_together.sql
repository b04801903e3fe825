-- safe: types and functions only. Sends that come at about the same time share a transaction, whatever business each is of;
-- row-level security then goes from one business to the next within it.

-- One send to be decided on; `n` tells the sends of a batch apart. `command_id` may be null.
create type asked_send as (n int, tenant_id uuid, member_id uuid, user_id uuid, command_id uuid, thread_id uuid);

-- What sends are decided on, the thread held until commit. A row for each that can be decided on at once: whose sender is a
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
declare
  v_send asked_send;
  v_tenant text;
begin
  foreach v_send in array asked loop
    v_tenant := set_config('app.tenant_id', v_send.tenant_id::text, true);
    return query
      select v_send.n, m.role, b.agent_visibility, t.id, t.account_id, t.assignee_id, t.last_message_id, t.last_position,
        t.window_expires_at, a.provider, a.state, a.read_receipts, a.disabled_at
      from tenant_members m join tenants b on b.id = m.tenant_id
      join threads t on t.tenant_id = m.tenant_id and t.id = v_send.thread_id
      join whatsapp_accounts a on a.tenant_id = t.tenant_id and a.id = t.account_id
      where m.tenant_id = v_send.tenant_id and m.id = v_send.member_id and m.user_id = v_send.user_id and m.removed_at is null
        and not exists (select from commands c
          where c.tenant_id = v_send.tenant_id and c.member_id = v_send.member_id and c.command_id = v_send.command_id)
      for no key update of t skip locked;
  end loop;
end
$$;

-- Logs that a message was sent and what its thread is now, for who has just written both; the assignee stays. Locks the
-- business's counter until commit: the last write but for what is kept of the command. Index: tenant_logs primary key.
-- Security definer: a member's own role may append to the log of its tenant but not read or change counters.
create function log_send(thread uuid, assignee uuid, message json, entity json)
returns table (tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql rows 2 security definer set search_path = public
as $$
#variable_conflict use_column
declare
  v_now timestamptz := clock_timestamp();
  v_tenant uuid := session_tenant();
  v_epoch text;
  v_head bigint;
begin
  update tenant_logs l set head = l.head + 2 where l.tenant_id = v_tenant returning l.epoch, l.head into strict v_epoch, v_head;
  return query
    insert into tenant_events as e (tenant_id, seq, at, type, thread_id, assignee_before, assignee_after, created, data)
    values (v_tenant, v_head - 1, v_now, 'message.created', thread, assignee, assignee, false, message),
      (v_tenant, v_head, v_now, 'thread.updated', thread, assignee, assignee, false, entity)
    returning e.tenant_id, v_epoch, e.seq, e.type, e.received_at_ms, log_event_json(e);
end
$$;

-- A message that a member sends; its thread is held by this transaction.
create type new_send as (n int, tenant_id uuid, member_id uuid, command_id uuid, id uuid, thread_id uuid, account_id uuid,
  kind text, text text, content json, priority text, at timestamptz, position text);

-- Queues messages, moves their threads as queueMessage does, logs both and keeps what each command answers: `sends` in the
-- order of their tenants, whose counters are locked one after the other when all messages are written. Returns the
-- events of each. Fails with 23505 on commands_pkey when one of the commands was committed meanwhile.
-- Index: threads and tenant_logs primary keys.
create function write_sends(sends new_send[])
returns table (n int, tenant_id uuid, epoch text, seq bigint, type text, received_at_ms bigint, event json)
language plpgsql
  set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off
  set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  v_send new_send;
  v_tenant text;
  v_assignee uuid;
  v_message json;
  v_thread json;
  v_messages json[] := '{}';
  v_threads json[] := '{}';
  v_assignees uuid[] := '{}';
  v_last int := 0;
begin
  foreach v_send in array sends loop
    v_tenant := set_config('app.tenant_id', v_send.tenant_id::text, true);
    with queued as (
      insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, content, send_state, status,
        author_type, author_id, command_id, sent_at, received_at, position, next_attempt_at, priority)
      values (v_send.tenant_id, v_send.id, v_send.thread_id, v_send.account_id, 'outbound', v_send.kind, v_send.text,
        v_send.content, 'queued', 'queued', 'member', v_send.member_id, v_send.command_id, v_send.at, v_send.at,
        v_send.position, v_send.at, v_send.priority)
      returning message_entity(m, null, '[]') as entity, message_line(m.id, m.direction, m.kind, m.text, m.sent_at, m.status) as line
    )
    update threads t set last_message_id = v_send.id, last_position = v_send.position,
      last_activity_at = greatest(t.last_activity_at, v_send.at), version = t.version + 1,
      status = case when t.status = 'snoozed' then 'open' else t.status end, snoozed_until = null
    from queued q where t.tenant_id = v_send.tenant_id and t.id = v_send.thread_id
    returning t.assignee_id, json_build_object('message', q.entity), json_build_object('thread', thread_entity(t,
      (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id), q.line))
    into strict v_assignee, v_message, v_thread;
    v_messages := v_messages || v_message;
    v_threads := v_threads || v_thread;
    v_assignees := v_assignees || v_assignee;
  end loop;
  foreach v_send in array sends loop
    v_tenant := set_config('app.tenant_id', v_send.tenant_id::text, true);
    v_last := v_last + 1;
    return query select v_send.n, l.* from log_send(v_send.thread_id, v_assignees[v_last], v_messages[v_last], v_threads[v_last]) l;
    if v_send.command_id is not null then
      insert into commands (tenant_id, member_id, command_id, name, result, seq)
      select v_send.tenant_id, v_send.member_id, v_send.command_id, 'message:send', v_messages[v_last], l.head
      from tenant_logs l where l.tenant_id = v_send.tenant_id;
    end if;
  end loop;
  perform renew_plans();
end
$$;
