-- Cut from migrations/0051_keep_saved_replies.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view saved_reply_entities with (security_invoker = true) as
  select r.tenant_id, r.id, json_build_object('id', r.id, 'shortcut', r.shortcut, 'text', r.text,
    'updatedBy', r.updated_by, 'updatedAt', iso(r.updated_at), 'version', r.version) as entity
  from saved_replies r;
