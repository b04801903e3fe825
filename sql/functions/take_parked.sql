-- Cut from migrations/0005_ingest_entry.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Parked items of messages that have just appeared leave the table and are applied like any other item.
-- Index: parked primary key.
create or replace function take_parked(keys row_key[]) returns setof parked language sql as $$
  delete from parked p using unnest(keys) k join messages m on m.tenant_id = k.tenant_id and m.id = k.id
  where p.tenant_id = m.tenant_id and p.account_id = m.account_id
    and p.target_id = m.provider_message_id
  returning p.*
$$;
