-- Cut from migrations/0050_follow_merges_and_repeats.sql by scripts/dump-schema.mjs: change it by a new migration.

-- An outbound webhook item can be our own send, seen before its HTTP answer was recorded: by our reference, whatever chat
-- the carrier names, or, where the provider has none, the oldest unanswered send of the same content in the thread. It
-- settles that send, as a state would, where it stands. Index: messages primary key, messages_sending_key / messages_by_thread.
create or replace function settle_echoes(items ingest_message[], threads_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_item ingest_message;
  v_id uuid;
  v_settled row_key[] := '{}';
begin
  foreach v_item in array items loop
    continue when v_item.direction <> 'outbound' or v_item.history or exists (
      select 1 from messages m where m.tenant_id = v_item.tenant_id and m.account_id = v_item.account_id
        and m.direction = 'outbound' and m.provider_message_id = v_item.provider_message_id);
    if v_item.client_ref is not null then
      select m.id into v_id from messages m
        where m.tenant_id = v_item.tenant_id and m.id = v_item.client_ref and m.account_id = v_item.account_id
          and m.direction = 'outbound' and m.provider_message_id is null;
    else
      select m.id into v_id from messages m
        where m.tenant_id = v_item.tenant_id and m.thread_id = threads_of[v_item.party] and m.direction = 'outbound'
          and m.provider_message_id is null and m.send_state in ('sending', 'unknown')
          and v_item.origin = 'api' and m.kind = v_item.kind and coalesce(m.text, '') = coalesce(v_item.text, '')
        order by m.position limit 1;
    end if;
    continue when v_id is null;
    update messages m set provider_message_id = v_item.provider_message_id,
        send_state = case when m.send_state in ('queued', 'sending', 'unknown') then 'accepted' else m.send_state end,
        at_sent = least(m.at_sent, ms(v_item.sent_ms))
      where m.tenant_id = v_item.tenant_id and m.id = v_id;
    v_settled := v_settled || row(v_item.tenant_id, v_id)::row_key;
  end loop;
  return v_settled;
end
$$;
