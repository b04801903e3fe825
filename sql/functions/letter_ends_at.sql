-- Cut from migrations/0053_end_dead_letters.sql by scripts/dump-schema.mjs: change it by a new migration.

-- When a dead letter goes; null: never. One of a business goes by that one's term. One of none goes by the installation's, or by that
-- of the businesses that have its number now, whichever ends sooner: of theirs the longest counts, and none if one of them keeps for
-- ever. Neither ends one on the day on which its number was added or enabled: what waited for it is applied first. A business that
-- is being erased has no say. One expression, so that Postgres takes it into the statement that asks.
-- Indexes: primary keys of tenants, tenant_erasures and dead_letter_term, whatsapp_accounts_by_channel. No locks.
create or replace function letter_ends_at(owner uuid, from_provider text, from_channel text, since timestamptz) returns timestamptz
language sql stable as $$
  select (select min(greatest(since + k.keep_days * interval '24 hours', k.keep_from)) from (
    select t.keep_days, t.keep_from from tenants t
      where t.id = owner and not exists (select from tenant_erasures e where e.tenant_id = t.id)
    union all
    select n.keep_days, greatest(n.keep_from, (select max(a.enabled_at) + interval '1 day' from whatsapp_accounts a
        where a.provider = from_provider and a.external_id = from_channel))
      from dead_letter_term n where owner = '00000000-0000-0000-0000-000000000000'
    union all
    select max(t.keep_days), max(greatest(t.keep_from, a.enabled_at + interval '1 day')) from whatsapp_accounts a join tenants t on t.id = a.tenant_id
      where owner = '00000000-0000-0000-0000-000000000000' and a.provider = from_provider and a.external_id = from_channel
        and not exists (select from tenant_erasures e where e.tenant_id = t.id)
      having bool_and(t.keep_days is not null)) k)
$$;
