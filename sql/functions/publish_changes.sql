-- Cut from migrations/0025_look_once.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Raises the versions of what changed and lists the changes in the order a client wants them: threads before their
-- messages, then what changed, then the threads' new summaries. A thread shows its last message's state, so a change
-- of that message is a change of the thread. `arrived` in the order of positions; `rolled` are threads whose version
-- was raised already. Index: primary keys, threads_contact_key. The caller holds the threads.
create or replace function publish_changes(created row_key[], arrived arrival[], changed row_key[], renamed row_key[], reopened row_key[],
  received bigint, rolled row_key[] default '{}')
returns change[] language plpgsql as $$
declare
  v_new row_key[];
  v_changed row_key[] := '{}';
  v_touched row_key[] := rolled;
  v_changes change[] := '{}';
begin
  if cardinality(changed) > 0 then
    v_new := array(select row(a.tenant_id, a.id)::row_key from unnest(arrived) a);
    v_changed := array(select k from unnest(changed) k except select k from unnest(v_new) k);
    update messages m set version = m.version + 1,
        status = message_status(m.direction, m.send_state, m.at_sent, m.at_delivered, m.at_read, m.at_played, m.at_failed)
      from unnest(v_changed) k where m.tenant_id = k.tenant_id and m.id = k.id;
    -- New messages can have changed too (a parked status, a quote): same version, final state.
    update messages m set
        status = message_status(m.direction, m.send_state, m.at_sent, m.at_delivered, m.at_read, m.at_played, m.at_failed)
      from unnest(v_new) k where m.tenant_id = k.tenant_id and m.id = k.id and m.direction = 'outbound';
  end if;
  if cardinality(v_changed) > 0 or cardinality(renamed) > 0 then
    v_touched := array(
      (select row(t.tenant_id, t.id)::row_key from unnest(v_changed) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
         join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id and t.last_message_id = m.id
       union select row(t.tenant_id, t.id)::row_key from unnest(renamed) k join threads t on t.tenant_id = k.tenant_id and t.contact_id = k.id)
      except (select k from unnest(created) k union all select k from unnest(rolled) k));
    update threads t set version = t.version + 1 from unnest(v_touched) k where t.tenant_id = k.tenant_id and t.id = k.id;
    v_touched := v_touched || rolled;
  end if;

  if cardinality(created) > 0 then
    v_touched := array(select k from unnest(v_touched) k except select k from unnest(created) k);
    v_changes := array(
      select row(k.ord, t.tenant_id, 'thread.created', t.id, t.id, t.assignee_id, true, received)::change
      from unnest(created) with ordinality k (tenant_id, id, ord) join threads t on t.tenant_id = k.tenant_id and t.id = k.id);
  end if;
  if cardinality(arrived) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + a.ord, a.tenant_id, 'message.created', a.id, a.thread_id, a.assignee_id, false, a.received_at_ms)::change
      from unnest(arrived) with ordinality a (tenant_id, id, thread_id, assignee_id, position, received_at_ms, ord));
  end if;
  if cardinality(v_changed) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + row_number() over (order by m.position), m.tenant_id, 'message.updated', m.id, m.thread_id, t.assignee_id,
        false, received)::change
      from unnest(v_changed) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
        join threads t on t.tenant_id = m.tenant_id and t.id = m.thread_id);
  end if;
  if cardinality(v_touched) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + k.ord, t.tenant_id, 'thread.updated', t.id, t.id, t.assignee_id, false, received)::change
      from unnest(v_touched) with ordinality k (tenant_id, id, ord) join threads t on t.tenant_id = k.tenant_id and t.id = k.id);
  end if;
  if cardinality(reopened) > 0 then
    v_changes := v_changes || array(
      select row(cardinality(v_changes) + row_number() over (), a.tenant_id, 'member.updated', a.assignee_id, null, null, false, null)::change
      from (select distinct t.tenant_id, t.assignee_id from unnest(reopened) k join threads t on t.tenant_id = k.tenant_id and t.id = k.id
            where t.assignee_id is not null) a);
  end if;
  return nullif(v_changes, '{}');
end
$$;
