-- Cut from migrations/0031_take_one_arrival.sql by scripts/dump-schema.mjs: change it by a new migration.

-- A person as others see it; lists without the cost of an aggregate.
create or replace view contact_entities with (security_invoker = true) as
  select c.tenant_id, c.id, json_build_object(
    'id', c.id, 'displayName', c.display_name, 'phone', c.phone, 'marketingConsent', c.marketing_consent,
    'merges', array_to_json(array(
      select json_build_object('id', g.id, 'displayName', f.display_name, 'at', iso(g.merged_at))
      from contact_merges g join contacts f on f.tenant_id = g.tenant_id and f.id = g.from_contact_id
      where g.tenant_id = c.tenant_id and g.into_contact_id = c.id and g.undone_at is null
      order by g.merged_at, g.id)),
    'addresses', array_to_json(array(
      select json_build_object('type', a.type, 'value', a.value) from contact_addresses a
      where a.tenant_id = c.tenant_id and a.contact_id = c.id
      order by a.created_at, a.type, a.value))) as entity
  from contacts c;
