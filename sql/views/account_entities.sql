-- Cut from migrations/0011_manage_accounts.sql by scripts/dump-schema.mjs: change it by a new migration.

create or replace view account_entities with (security_invoker = true) as
  select a.tenant_id, a.id, json_build_object('id', a.id, 'provider', a.provider, 'name', a.name, 'phone', a.phone,
    'state', a.state, 'stateReason', a.state_reason, 'disabled', a.disabled_at is not null) as entity
  from whatsapp_accounts a;
