-- Cut from migrations/0055_follow_addresses.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Stores new messages; a duplicate stores nothing, but what a backlog brought first becomes live by its live copy.
-- `stored`: those that are new, `promoted`: those of the backlog; `files`: there may be files among them.
-- Index: messages_provider_key decides; contact_merges_undone.
create or replace function insert_messages(items ingest_message[], threads_of uuid[], contacts_of uuid[], files boolean, out stored row_key[], out promoted row_key[])
language plpgsql as $$
declare
  -- Nothing can be repeated in another chat where nobody was ever separated, which is nearly everywhere.
  v_parted boolean := exists (select from contact_merges g where g.undone_at is not null
    and g.tenant_id in (select i.tenant_id from unnest(items) i where i.id_within_chat));
begin
  with wanted as (
    select i.*, case when i.id_within_chat and i.direction = 'inbound' then threads_of[i.party]::text else '' end as scope
    from unnest(items) i
    -- No thread was opened for a message that is stored already, under another contact.
    where threads_of[i.party] is not null
      and not (v_parted and i.id_within_chat and i.direction = 'inbound' and is_repeated(i, contacts_of[i.person]))
  ), single as (
    select distinct on (w.tenant_id, w.account_id, w.direction, w.provider_message_id, w.scope) w.*
    from wanted w order by w.tenant_id, w.account_id, w.direction, w.provider_message_id, w.scope, w.history, w.ord
  ), touched as (
    insert into messages as m (tenant_id, id, thread_id, account_id, direction, kind, text, media_id, content, forwarded,
        reply_provider_id, status, at_sent, author_type, author_id, author_name, provider_message_id, provider_scope,
        sent_at, received_at, position, unread, history)
      select i.tenant_id, i.id, threads_of[i.party], i.account_id, i.direction, i.kind, i.text, (i.media->>'id')::uuid,
        i.content, i.forwarded, i.reply_provider_id,
        case when i.direction = 'inbound' then 'received' else 'sent' end,
        case when i.direction = 'outbound' then ms(i.sent_ms) end,
        case when i.kind = 'system' then 'system' when i.direction = 'inbound' then 'contact'
          when i.origin in ('phone', 'business_app') then 'phone' else 'system' end,
        case when i.direction = 'inbound' and i.kind <> 'system' then contacts_of[i.sender] end,
        case when i.sender <> i.person then (
          select c.display_name from contacts c where c.tenant_id = i.tenant_id and c.id = contacts_of[i.sender]) end,
        i.provider_message_id, i.scope, ms(i.sent_ms), ms(i.received_ms), i.position,
        i.direction = 'inbound' and i.kind <> 'system' and not i.history, i.history
      from single i
      on conflict (tenant_id, account_id, direction, provider_message_id, provider_scope) where provider_message_id is not null
        do update set history = false, unread = excluded.unread, version = m.version + 1 where m.history and not excluded.history
      returning m.tenant_id, m.id, old.id is null as fresh
  )
  select array(select row(t.tenant_id, t.id)::row_key from touched t where t.fresh),
         array(select row(t.tenant_id, t.id)::row_key from touched t where not t.fresh) into stored, promoted;
  if not files then return; end if;
  insert into media (tenant_id, id, thread_id, mime, filename, size_bytes, voice, source)
    select m.tenant_id, m.media_id, m.thread_id, i.media->>'mime', i.media->>'filename', coalesce((i.media->>'sizeBytes')::bigint, 0),
      coalesce((i.media->>'voice')::boolean, false), i.media->'source'
    from unnest(items) i join messages m on m.tenant_id = i.tenant_id and m.id = i.id
    where i.media is not null;
end
$$;
