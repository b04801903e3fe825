-- Cut from migrations/0016_merge_states_in_any_order.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Merges delivery states; commutative, associative and idempotent: each state keeps its earliest time,
-- of failures of the same time the one with the smallest failure_key counts. Returns the messages that changed; what finds no message is
-- parked, the earliest of each state. Index: messages primary key, messages_provider_key, parked primary key. Lock: the
-- messages and parked items; message_lock_key, which the caller holds, keeps others from the same target.
create or replace function apply_statuses(items ingest_status[]) returns row_key[] language plpgsql as $$
declare
  v_changed row_key[];
  v_found ingest_status[];
begin
  -- The same items with `client_ref` set to the message they belong to, null where there is none yet.
  v_found := array(select row(s.tenant_id, s.account_id, s.provider_message_id, coalesce(
      (select m.id from messages m where m.tenant_id = s.tenant_id and m.id = s.client_ref
         and m.account_id = s.account_id and m.direction = 'outbound'),
      (select m.id from messages m where m.tenant_id = s.tenant_id and m.account_id = s.account_id
         and m.direction = 'outbound' and m.provider_message_id = s.provider_message_id)),
    s.status, coalesce(s.at_ms, s.received_ms), s.participant, s.error, s.received_ms)::ingest_status from unnest(items) s);
  insert into parked as p (tenant_id, account_id, target_id, kind, dedupe, item)
    select distinct on (f.tenant_id, f.account_id, f.provider_message_id, f.status, f.participant)
      f.tenant_id, f.account_id, f.provider_message_id, 'status', f.status || ':' || f.participant, row_to_json(f)
    from unnest(v_found) f where f.client_ref is null
    order by f.tenant_id, f.account_id, f.provider_message_id, f.status, f.participant, f.at_ms, failure_key(f.error)
    on conflict (tenant_id, account_id, target_id, kind, dedupe) do update set item = excluded.item
      where ((excluded.item->>'at_ms')::bigint, failure_key(excluded.item->'error'))
        < ((p.item->>'at_ms')::bigint, failure_key(p.item->'error'));
  with merged as (
    select f.tenant_id, f.client_ref as message_id, min(f.provider_message_id) as provider_message_id,
      ms(min(f.at_ms) filter (where f.status = 'sent')) as sent, ms(min(f.at_ms) filter (where f.status = 'delivered')) as delivered,
      ms(min(f.at_ms) filter (where f.status = 'read')) as read, ms(min(f.at_ms) filter (where f.status = 'played')) as played,
      ms(min(f.at_ms) filter (where f.status = 'failed')) as failed,
      (array_agg(f.error order by f.at_ms, failure_key(f.error)) filter (where f.status = 'failed'))[1] as error
    from unnest(v_found) f where f.client_ref is not null group by 1, 2
  ), updated as (
    update messages m set
      at_sent = least(m.at_sent, s.sent), at_delivered = least(m.at_delivered, s.delivered),
      at_read = least(m.at_read, s.read), at_played = least(m.at_played, s.played), at_failed = least(m.at_failed, s.failed),
      error = case when s.failed < coalesce(m.at_failed, 'infinity')
          or (s.failed = m.at_failed and failure_key(s.error) < failure_key(m.error)) then s.error else m.error end,
      provider_message_id = case
        when m.provider_message_id is null and not exists (select 1 from messages o where o.tenant_id = m.tenant_id
          and o.account_id = m.account_id and o.direction = 'outbound' and o.provider_message_id = s.provider_message_id)
        then s.provider_message_id else m.provider_message_id end,
      send_state = case when m.send_state in ('queued', 'sending', 'unknown') then 'accepted' else m.send_state end
    from merged s
    where m.tenant_id = s.tenant_id and m.id = s.message_id and (
      (m.provider_message_id is null and m.send_state in ('queued', 'sending', 'unknown'))
      or s.sent < coalesce(m.at_sent, 'infinity') or s.delivered < coalesce(m.at_delivered, 'infinity')
      or s.read < coalesce(m.at_read, 'infinity') or s.played < coalesce(m.at_played, 'infinity')
      or s.failed < coalesce(m.at_failed, 'infinity') or (s.failed = m.at_failed and failure_key(s.error) < failure_key(m.error)))
    returning m.tenant_id, m.id
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') into v_changed from updated u;
  return v_changed;
end
$$;
