-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Makes the threads of new conversations. Returns the ids created. What settle_echoes will settle begins none, and what is repeated neither.
-- Index: threads_contact_key, messages_provider_key, messages primary key.
-- A contact that was merged away meanwhile makes the batch begin anew, see lock_threads; the foreign key to contacts has
-- waited for a merge under way.
create or replace function open_threads(items ingest_message[], contacts_of uuid[]) returns row_key[] language plpgsql as $$
declare
  v_created row_key[];
begin
  with wanted as (
    select i.tenant_id, i.account_id, contacts_of[i.person] as contact_id, min(i.sent_ms) as first_ms,
      (array_agg(i.reply_type order by i.position desc))[1] as reply_type, (array_agg(i.reply_value order by i.position desc))[1] as reply_value
    from unnest(items) i
    where not exists (select 1 from threads t where t.tenant_id = i.tenant_id and t.account_id = i.account_id
      and t.contact_id = contacts_of[i.person])
    and case when i.id_within_chat and i.direction = 'inbound' then not is_repeated(i, contacts_of[i.person])
      else not exists (select 1 from messages m where m.tenant_id = i.tenant_id
        and m.account_id = i.account_id and m.direction = i.direction and m.provider_message_id = i.provider_message_id) end
    and (i.client_ref is null or i.history or i.direction <> 'outbound' or not exists (select 1 from messages m
      where m.tenant_id = i.tenant_id and m.id = i.client_ref and m.account_id = i.account_id
        and m.direction = 'outbound' and m.provider_message_id is null))
    group by 1, 2, 3
  ), stored as (
    insert into threads (tenant_id, account_id, contact_id, last_activity_at, reply_type, reply_value)
      select w.tenant_id, w.account_id, w.contact_id, ms(w.first_ms), w.reply_type, w.reply_value from wanted w order by 1, 2, 3
      on conflict on constraint threads_contact_key do nothing
      returning tenant_id, id
  )
  select coalesce(array_agg(row(s.tenant_id, s.id)::row_key), '{}') into v_created from stored s;
  if exists (select 1 from unnest(items) i join contacts c on c.tenant_id = i.tenant_id and c.id = contacts_of[i.person]
      where c.merged_into is not null) then
    raise exception 'a contact was merged meanwhile' using errcode = '40001';
  end if;
  return v_created;
end
$$;
