-- Cut from migrations/0029_write_arrivals_at_once.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view thread_entities with (security_invoker = true) as
  select t.tenant_id, t.id, thread_entity(t,
    (select c.entity from contact_entities c where c.tenant_id = t.tenant_id and c.id = t.contact_id),
    (select message_line(m.id, m.direction, m.kind, case when m.revoked_at is null then m.text end, m.sent_at, m.status)
      from messages m where m.tenant_id = t.tenant_id and m.id = t.last_message_id)) as entity
  from threads t;
