-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view note_entities with (security_invoker = true) as
  select n.tenant_id, n.id, json_build_object('id', n.id, 'threadId', n.thread_id, 'authorId', n.author_id, 'text', n.text,
    'mentions', n.mentions, 'createdAt', iso(n.created_at)) as entity
  from notes n;
