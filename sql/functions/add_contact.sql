-- Cut from migrations/0031_take_one_arrival.sql by scripts/dump-schema.mjs: change it by a new migration.

-- A newcomer. The caller holds the locks of the addresses and has seen that nobody has them. Index: primary keys.
create or replace function add_contact(p ingest_person) returns uuid language plpgsql as $$
declare
  v_contact uuid := uuidv7();
begin
  insert into contacts (tenant_id, id, display_name, named_at, phone)
    values (p.tenant_id, v_contact, coalesce(p.name, p.phone,
        case when (p.addresses[1]).type = 'group' then 'WhatsApp group' else 'WhatsApp user' end),
      case when p.name is not null then ms(p.named_at_ms) end, p.phone);
  insert into contact_addresses (tenant_id, type, match_key, value, contact_id)
    select p.tenant_id, a.type, a.key, a.value, v_contact from unnest(p.addresses) a;
  return v_contact;
end
$$;
