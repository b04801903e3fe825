-- Cut from migrations/0010_fetch_media.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view media_entities with (security_invoker = true) as
  select f.tenant_id, f.id, json_build_object(
    'id', f.id, 'mime', f.mime, 'filename', f.filename, 'sizeBytes', nullif(f.size_bytes, 0), 'voice', f.voice,
    'state', f.state, 'failure', case when f.state = 'failed' then f.failure end,
    'url', case when f.state = 'ready' then '/api/media/' || f.id end,
    'thumbnailUrl', case when f.state = 'ready' and f.thumbnail_key is not null then '/api/media/' || f.id || '/thumbnail' end,
    'width', f.width, 'height', f.height) as entity
  from media f;
