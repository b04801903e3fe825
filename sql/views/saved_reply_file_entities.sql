-- Cut from migrations/0056_attach_to_replies.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view saved_reply_file_entities with (security_invoker = true) as
  select f.tenant_id, f.id, f.saved_reply_id, f.place, json_build_object('id', f.id, 'filename', f.filename, 'mime', f.mime,
    'sizeBytes', f.size_bytes, 'url', '/api/saved-replies/files/' || f.id,
    'thumbnailUrl', case when f.thumbnail_key is not null then '/api/saved-replies/files/' || f.id || '/thumbnail' end) as entity
  from saved_reply_files f;
