-- Cut from migrations/0012_ingest_every_kind.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Fills in which message of the same thread a quote means, for new messages (`quoting`: there may be quotes among them)
-- and for those that waited for them. Returns the older ones. Index: messages_provider_key, messages_awaiting_quote.
create or replace function link_quotes(new_keys row_key[], quoting boolean default true) returns row_key[] language plpgsql as $$
declare
  v_waiting row_key[];
begin
  if quoting then
    update messages m set reply_message_id = q.id
      from unnest(new_keys) k, messages q
      where m.tenant_id = k.tenant_id and m.id = k.id and m.reply_provider_id is not null and m.reply_message_id is null
        and q.tenant_id = m.tenant_id and q.account_id = m.account_id and q.direction in ('inbound', 'outbound')
        and q.provider_message_id = m.reply_provider_id and q.thread_id = m.thread_id;
  end if;
  with linked as (
    update messages w set reply_message_id = m.id
      from unnest(new_keys) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
      where w.tenant_id = m.tenant_id and w.account_id = m.account_id and w.thread_id = m.thread_id
        and w.reply_provider_id = m.provider_message_id and w.reply_message_id is null
      returning w.tenant_id, w.id
  )
  select coalesce(array_agg(row(l.tenant_id, l.id)::row_key), '{}') into v_waiting from linked l;
  return v_waiting;
end
$$;
