-- Cut from migrations/0029_write_arrivals_at_once.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view message_entities with (security_invoker = true) as
  select m.tenant_id, m.id, message_entity(m,
    case when m.revoked_at is null and m.media_id is not null then (
      select f.entity from media_entities f where f.tenant_id = m.tenant_id and f.id = m.media_id) end,
    coalesce((
      select json_agg(json_build_object('emoji', r.emoji, 'by', json_build_object('type', r.by_type, 'id', r.by_id))
                      order by r.at, r.by_id)
      from reactions r where r.tenant_id = m.tenant_id and r.message_id = m.id and r.emoji is not null), '[]'::json)) as entity
  from messages m;
