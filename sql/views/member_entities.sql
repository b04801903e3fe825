-- Cut from migrations/0002_shape_entities.sql by scripts/dump-schema.mjs: change it by a new migration.

-- `state` is a lease in Redis: gateways put the live value in, Postgres only knows "offline".
create or replace view member_entities with (security_invoker = true) as
  select m.tenant_id, m.id, json_build_object('id', m.id, 'userId', m.user_id, 'displayName', m.display_name, 'role', m.role,
    'state', 'offline',
    'activeThreads', (select count(*) from threads t
      where t.tenant_id = m.tenant_id and t.assignee_id = m.id and t.status <> 'resolved')) as entity
  from tenant_members m;
