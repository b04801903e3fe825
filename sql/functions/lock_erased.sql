-- Cut from migrations/0046_erase_contacts.sql by scripts/dump-schema.mjs: change it by a new migration.

-- Whoever takes in something about these messages is through, or finds them erased. Index: primary keys.
create or replace function lock_erased(tenant uuid, ids uuid[]) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(k.key) from (
    select distinct message_lock_key(m.account_id, m.provider_message_id) as key from messages m
    where m.tenant_id = tenant and m.id = any (ids) and m.provider_message_id is not null order by 1) k;
  perform 1 from threads t where t.tenant_id = tenant and t.id in (
      select m.thread_id from messages m where m.tenant_id = tenant and m.id = any (ids))
    order by t.id for no key update of t;
end
$$;
