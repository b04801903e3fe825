-- Cut from migrations/0012_ingest_every_kind.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Files of placeholders; one without its placeholder is parked. Direction, sender and time stay the placeholder's.
-- Index: messages_provider_key.
create or replace function apply_files(items ingest_file[]) returns row_key[] language sql as $$
  with target as (
    select distinct on (f.tenant_id, f.account_id, f.target_id) f.*, m.id as message_id
    from unnest(items) f left join messages m on m.tenant_id = f.tenant_id and m.account_id = f.account_id
      and m.direction in ('inbound', 'outbound') and m.provider_message_id = f.target_id
  ), parking as (
    insert into parked (tenant_id, account_id, target_id, kind, dedupe, item)
      select t.tenant_id, t.account_id, t.target_id, 'file', '', json_build_object('tenant_id', t.tenant_id,
        'account_id', t.account_id, 'target_id', t.target_id, 'kind', t.kind, 'text', t.text, 'media', t.media)
      from target t where t.message_id is null
      on conflict do nothing
  ), updated as (
    update messages m set kind = t.kind, text = coalesce(t.text, m.text), media_id = (t.media->>'id')::uuid, content = null
    from target t
    where m.tenant_id = t.tenant_id and m.id = t.message_id and m.kind = 'unsupported'
      and m.content->'unsupported'->>'type' = 'media_placeholder'
    returning m.tenant_id, m.id, m.media_id, m.thread_id, t.media
  ), stored as (
    insert into media (tenant_id, id, thread_id, mime, filename, size_bytes, voice, source)
      select u.tenant_id, u.media_id, u.thread_id, u.media->>'mime', u.media->>'filename',
        coalesce((u.media->>'sizeBytes')::bigint, 0), coalesce((u.media->>'voice')::boolean, false), u.media->'source'
      from updated u where u.media_id is not null
  )
  select coalesce(array_agg(row(u.tenant_id, u.id)::row_key), '{}') from updated u
$$;
