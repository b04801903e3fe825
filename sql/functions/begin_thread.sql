-- Cut from migrations/0031_take_one_arrival.sql by scripts/dump-schema.mjs: change it by a new migration.

-- The conversation that a message begins. Index: threads_contact_key. Where somebody began it meanwhile, or the contact was
-- merged away, which the foreign key has waited for, all begins anew.
create or replace function begin_thread(i ingest_message, contact uuid) returns threads language plpgsql as $$
declare
  v_thread threads;
begin
  insert into threads as t (tenant_id, account_id, contact_id, unread_count, last_message_id, last_position, last_activity_at,
      window_expires_at, reply_type, reply_value)
    values (i.tenant_id, i.account_id, contact, 1, i.id, i.position, ms(i.sent_ms), ms(i.window_ms), i.reply_type, i.reply_value)
    on conflict on constraint threads_contact_key do nothing
    returning t.* into v_thread;
  if not found or exists (select 1 from contacts c
      where c.tenant_id = i.tenant_id and c.id = contact and c.merged_into is not null) then
    raise exception 'a contact was merged, or a conversation begun, meanwhile' using errcode = '40001';
  end if;
  return v_thread;
end
$$;
