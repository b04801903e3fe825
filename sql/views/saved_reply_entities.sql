-- Cut from migrations/0056_attach_to_replies.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view saved_reply_entities with (security_invoker = true) as
  select r.tenant_id, r.id, json_build_object('id', r.id, 'shortcut', r.shortcut, 'text', r.text,
    'files', coalesce((select json_agg(f.entity order by f.place) from saved_reply_file_entities f
      where f.tenant_id = r.tenant_id and f.saved_reply_id = r.id), '[]'::json),
    'updatedBy', r.updated_by, 'updatedAt', iso(r.updated_at), 'version', r.version) as entity
  from saved_replies r;
